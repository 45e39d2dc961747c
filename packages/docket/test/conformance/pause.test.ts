import { expect } from "vitest";
import { ids, LEASE, newTask, only, onBothStores, test, type Desk } from "../desk.js";

const group = { name: "g", rate: undefined };
const minute = { kind: "in", ms: 60_000 } as const;

function pause(desk: Desk, due: { kind: "in"; ms: number } | { kind: "at"; at: number } = minute) {
  return desk.store.pause(["g"], due, "because");
}

onBothStores("a paused group", () => {
  test("starts nothing before the time, then all in order; others go on", async ({ desk }) => {
    await desk.store.add([newTask("before", { group }), newTask("other")]);
    await pause(desk);
    await desk.store.add([
      newTask("during", { group }),
      newTask("stranger", { group: { ...group, name: "h" } }),
    ]);
    const others = await desk.claim("w", 9);
    expect(ids(others)).toEqual(["other", "stranger"]);
    for (const claim of others) await desk.finish("w", claim);
    expect(await desk.store.snapshot()).toMatchObject({ held: 2, waiting: 0, blocked: 0 });
    desk.clock.advance(59_999);
    expect(await desk.claim("w", 9)).toEqual([]);
    desk.clock.advance(1);
    await desk.settle("w");
    await desk.add("after", { group });
    const claims = await desk.claim("w", 9);
    expect(claims.map(({ id, attempt, delivery }) => [id, attempt, delivery])).toEqual([
      ["before", 1, 1],
      ["during", 1, 1],
      ["after", 1, 1],
    ]);
  });

  test("does not touch what runs; what runs and fails meanwhile waits", async ({ desk }) => {
    await desk.add("done", { group });
    await desk.add("retried", { group });
    const [done, retried] = await desk.claim("w", 9);
    await pause(desk);
    if (done === undefined || retried === undefined) throw new Error("not both were claimed");
    await desk.finish("w", done);
    await desk.conclude("w", retried, { kind: "retry", ms: 1_000 });
    desk.clock.advance("1s");
    expect(await desk.claim("w", 9)).toEqual([]);
    desk.clock.advance("1m");
    expect(await desk.claimOne("w")).toMatchObject({ id: "retried", attempt: 2, delivery: 2 });
  });

  test("keeps the order of each serial key, and a lane of two groups in order", async ({ desk }) => {
    await pause(desk);
    await desk.store.add([
      newTask("a1", { group, serial: "a" }),
      newTask("a2", { serial: "a" }),
      newTask("b1", { group, serial: "b" }),
      newTask("a3", { group, serial: "a" }),
      newTask("b2", { group, serial: "b" }),
    ]);
    expect(await desk.claim("w", 9)).toEqual([]);
    desk.clock.advance("1m");
    expect(ids(await desk.claim("w", 1, { leaseMs: 1 }))).toEqual(["a1"]);
    desk.clock.advance(1);
    expect(await desk.runAll("w")).toEqual(["a1", "b1", "a2", "b2", "a3"]);
  });

  test("may be paused for longer or shorter: the last call counts; resumed, it goes on at once", async ({
    desk,
  }) => {
    const began = desk.clock.now();
    await pause(desk);
    await desk.add("a", { group });
    expect(await desk.claim("w", 9)).toEqual([]);
    await pause(desk, { kind: "at", at: began + 90_000 });
    desk.clock.advance("1m");
    expect(await desk.claim("w", 9)).toEqual([]);
    await pause(desk, { kind: "in", ms: 10_000 });
    desk.clock.advance("10s");
    await desk.finish("w", await desk.claimOne("w"));
    await pause(desk);
    await desk.add("b", { group });
    expect(await desk.claim("w", 9)).toEqual([]);
    expect(await desk.store.resume(["g", "unknown"])).toBe(1);
    expect(await desk.store.resume(["g"])).toBe(0);
    expect(ids(await desk.claim("w", 9))).toEqual(["b"]);
  });

  test("is listed with its time and reason until that is over", async ({ desk }) => {
    await desk.store.pause(["g", "tab\tand %"], minute, "a reason\twith a tab");
    const until = desk.clock.now() + 60_000;
    const reason = "a reason\twith a tab";
    expect((await desk.store.paused()).sort((a, b) => a.group.localeCompare(b.group))).toEqual([
      { group: "g", until, reason },
      { group: "tab\tand %", until, reason },
    ]);
    await desk.add("odd", { group: { ...group, name: "tab\tand %" } });
    expect(await desk.claim("w", 9)).toEqual([]);
    desk.clock.advance("1m");
    expect(await desk.store.paused()).toEqual([]);
    expect(ids(await desk.claim("w", 9))).toEqual(["odd"]);
  });

  test("that holds hundreds lets them all through, in order", async ({ desk }) => {
    await pause(desk);
    const names = Array.from({ length: 650 }, (_, at) => `t${String(at).padStart(3, "0")}`);
    await desk.store.add(names.map((id) => newTask(id, { group })));
    while ((await desk.store.snapshot()).waiting > 0) await desk.claim("w", 100);
    expect(await desk.store.snapshot()).toMatchObject({ held: 650 });
    desk.clock.advance("1m");
    const order: string[] = [];
    while (order.length < names.length) {
      const { claims, nextMs } = await desk.settle("w", { want: 100, sleepMs: 125_000 });
      order.push(...ids(claims));
      if (claims.length === 0) expect(nextMs).toBe(0);
    }
    expect(order).toEqual(names);
  });

  test("costs a sleeping worker nothing when a task of it is added, and wakes it when the time has come", async ({
    desk,
  }) => {
    await desk.sleep("w", 1);
    await pause(desk);
    expect(await desk.messages("w")).toEqual([]);
    await desk.add("a", { group });
    expect(await desk.messages("w")).toEqual([{ kind: "look", ms: 60_000 }]);
    await desk.add("b", { group });
    expect((await desk.messages("w")).filter(({ kind }) => kind === "task")).toEqual([]);
    await desk.store.resume(["g"]);
    expect(ids(await desk.hear("w", 1))).toEqual(["a"]);
  });

  test("sleeps no longer than until its pause ends", async ({ desk }) => {
    await pause(desk);
    await desk.add("a", { group });
    expect((await desk.sleep("w", 1)).nextMs).toBe(60_000);
  });

  test("lets what is held be cancelled, replaced and moved to another group", async ({ desk }) => {
    await pause(desk);
    for (const key of ["cancelled", "same", "moved", "later"]) await desk.add(key, { key, group });
    expect(await desk.claim("w", 9)).toEqual([]);
    expect(await desk.store.cancel("cancelled")).toBe("cancelled");
    await desk.store.replace(newTask("x", { key: "same", group, payload: '"x"' }));
    await desk.store.replace(
      newTask("y", { key: "moved", group: { ...group, name: "free" }, payload: '"y"' }),
    );
    await desk.store.replace(newTask("z", { key: "later", group, due: { kind: "in", ms: 90_000 } }));
    expect(await desk.store.snapshot()).toMatchObject({ held: 1, delayed: 1, waiting: 1 });
    const moved = await desk.claimOne("w");
    expect(moved).toMatchObject({ id: "moved", stored: { payload: '"y"' } });
    await desk.finish("w", moved);
    desk.clock.advance("1m");
    const same = await desk.claimOne("w");
    expect(same).toMatchObject({ id: "same", stored: { payload: '"x"' } });
    await desk.finish("w", same);
    desk.clock.advance("30s");
    expect(ids(await desk.claim("w", 9))).toEqual(["later"]);
  });

  test("holds what a lost worker had, and what is replayed", async ({ desk }) => {
    await desk.store.add([newTask("lost", { group }), newTask("dies", { group })]);
    await desk.claim("lost", 1);
    await desk.conclude("w", await desk.claimOne("w"), { kind: "dead", info: "{}" });
    await pause(desk);
    expect(await desk.store.replay("dies")).toBe("replayed");
    desk.clock.advance(LEASE);
    expect(await desk.claim("w", 9)).toEqual([]);
    desk.clock.advance("1m");
    expect(ids(await desk.claim("w", 9)).sort()).toEqual(["dies", "lost"]);
  });

  test("is found as waiting, and counted among the tasks of its name", async ({ desk }) => {
    await pause(desk);
    await desk.add("a", { key: "k", group });
    expect(await desk.claim("w", 9)).toEqual([]);
    expect(only(await desk.store.find(["k"]))).toMatchObject({ state: "waiting", id: "a" });
    expect((await desk.store.snapshot()).tasks).toEqual({ task: 1 });
  });
});
