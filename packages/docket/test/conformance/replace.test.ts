import { expect } from "vitest";
import type { Outcome } from "../../src/store/store.js";
import { ids, newTask, only, onBothStores, test, type Desk } from "../desk.js";

const later = { kind: "in", ms: 1_000 } as const;

/** Has the desk replace, as the task `id` of the key `k`. */
function replace(desk: Desk, id: string, spec: Parameters<typeof newTask>[1] = {}): Promise<object> {
  return desk.store.replace(newTask(id, { key: "k", payload: JSON.stringify(id), ...spec }));
}

onBothStores("replacing", () => {
  test("where no task of the key lives: adds", async ({ desk }) => {
    expect(await replace(desk, "a", { due: later })).toEqual({ id: "a", added: true });
    expect(await desk.claim("w", 9)).toEqual([]);
    desk.clock.advance("1s");
    expect((await desk.claimOne("w")).stored?.payload).toBe('"a"');
  });

  test("a waiting task to run now: another payload in the same place, under the same id", async ({
    desk,
  }) => {
    await desk.store.add([newTask("first"), newTask("a", { key: "k" }), newTask("last")]);
    desk.clock.advance("1s");
    expect(await replace(desk, "b")).toEqual({ id: "a", added: false });
    const claims = await desk.claim("w", 9);
    expect(ids(claims)).toEqual(["first", "a", "last"]);
    expect(claims[1]?.stored).toEqual({
      serial: "",
      key: "k",
      name: "task",
      payload: '"b"',
      addedAt: desk.clock.now(),
    });
  });

  test("a waiting task to run later, and again to run now: it is behind what has come meanwhile", async ({
    desk,
  }) => {
    await desk.store.add([newTask("a", { key: "k" }), newTask("last")]);
    await replace(desk, "b", { due: later });
    expect(only(await desk.store.find(["k"]))).toMatchObject({ state: "delayed", id: "a" });
    await replace(desk, "c");
    const claims = await desk.claim("w", 9);
    expect(claims.map(({ id, stored }) => [id, stored?.payload])).toEqual([
      ["last", "{}"],
      ["a", '"c"'],
    ]);
  });

  test("a delayed task moves its time, later and sooner", async ({ desk }) => {
    await desk.add("a", { key: "k", due: later });
    await replace(desk, "b", { due: { kind: "in", ms: 3_000 } });
    desk.clock.advance("2s");
    expect(await desk.claim("w", 9)).toEqual([]);
    await replace(desk, "c", { due: { kind: "at", at: desk.clock.now() + 500 } });
    desk.clock.advance(500);
    expect((await desk.claimOne("w")).stored?.payload).toBe('"c"');
  });

  test("one between attempts, in its lane: begins anew, and the lane goes on meanwhile", async ({ desk }) => {
    await desk.store.add([newTask("a", { key: "k", serial: "s" }), newTask("b", { serial: "s" })]);
    await desk.conclude("w", await desk.claimOne("w"), { kind: "retry", ms: 60_000 });
    expect(await desk.claim("w", 9)).toEqual([]);
    await replace(desk, "c", { serial: "s", due: later });
    expect(await desk.runAll("w")).toEqual(["b"]);
    desk.clock.advance("1s");
    expect(await desk.claimOne("w")).toMatchObject({ id: "a", attempt: 1, delivery: 2, lost: 0 });
  });

  test("one blocked in a lane: keeps its place there, or goes over to another", async ({ desk }) => {
    await desk.store.add([
      newTask("head", { serial: "s" }),
      newTask("a", { key: "k", serial: "s" }),
      newTask("b", { serial: "s" }),
    ]);
    await replace(desk, "x", { serial: "s" });
    const head = await desk.claimOne("w");
    await desk.finish("w", head);
    const a = await desk.claimOne("w");
    expect(a).toMatchObject({ id: "a", stored: { payload: '"x"' } });
    await desk.conclude("w", a, { kind: "return" });
    await replace(desk, "y", { serial: "another" });
    expect(ids(await desk.claim("w", 9))).toEqual(["b", "a"]);
  });

  test("one that was laid aside: a worker that knows its new name is given it", async ({ desk }) => {
    await desk.add("a", { key: "k", name: "rare" });
    await desk.conclude("w", await desk.claimOne("w"), { kind: "aside" });
    await replace(desk, "b", { name: "rare" });
    expect((await desk.store.snapshot()).aside).toEqual({ rare: 1 });
    await replace(desk, "c");
    expect(await desk.store.snapshot()).toMatchObject({ waiting: 1, aside: {}, tasks: { task: 1 } });
    expect((await desk.claimOne("w")).stored?.payload).toBe('"c"');
  });

  test("wakes a sleeping worker, now and when its time comes", async ({ desk }) => {
    await desk.sleep("w", 1);
    await replace(desk, "a", { due: later });
    const look = (await desk.messages("w")).filter(({ kind }) => kind === "look");
    expect(look.length).toBeGreaterThan(0);
    await desk.settle("w", { want: 1, sleepMs: 125_000 });
    await replace(desk, "b");
    expect(ids(await desk.hear("w", 1))).toEqual(["a"]);
  });

  test("done once more, after a lost answer, is done once", async ({ desk }) => {
    for (const due of [{ kind: "now" }, later] as const) {
      await replace(desk, "a", { due });
      expect(await replace(desk, "a", { due })).toEqual({ id: "a", added: true });
      const running = (await desk.claim("w"))[0];
      await replace(desk, "b");
      expect(await replace(desk, "b")).toEqual({
        id: running === undefined ? "a" : "b",
        added: running !== undefined,
      });
      if (running !== undefined) await desk.finish("w", running);
      expect((await desk.runAll("w")).length).toBe(1);
    }
  });
});

const ENDS: Outcome[] = [
  { kind: "done" },
  { kind: "retry", ms: 1 },
  { kind: "park", at: 1 },
  { kind: "return" },
  { kind: "aside" },
];

onBothStores("replacing a running task", () => {
  for (const outcome of ENDS)
    test(`comes after its run, which ends with "${outcome.kind}" and is not run again`, async ({ desk }) => {
      await desk.add("a", { key: "k" });
      const claim = await desk.claimOne("w");
      expect(await replace(desk, "b")).toEqual({ id: "b", added: true });
      expect(await desk.add("c", { key: "k" })).toEqual({ id: "b", added: false });
      expect(await desk.claim("v", 9)).toEqual([]);
      expect(await desk.store.snapshot()).toMatchObject({ running: 1, blocked: 1 });
      await desk.conclude("w", claim, outcome);
      desk.clock.advance("1h");
      expect(await desk.runAll("v")).toEqual(["b"]);
    });

  test("whose worker is lost: comes in its stead", async ({ desk }) => {
    await desk.add("a", { key: "k" });
    await desk.claimOne("w", { leaseMs: 1_000 });
    await replace(desk, "b");
    desk.clock.advance("1s");
    expect(await desk.runAll("v")).toEqual(["b"]);
  });

  test("which dies: it is a dead letter, and the replacement runs", async ({ desk }) => {
    await desk.add("a", { key: "k" });
    const claim = await desk.claimOne("w");
    await replace(desk, "b");
    await desk.conclude("w", claim, { kind: "dead", info: "{}" });
    expect(ids(await desk.store.letters(9, 0))).toEqual(["a"]);
    expect(await desk.store.replay("a")).toBe("key in use");
    expect(await desk.runAll("v")).toEqual(["b"]);
  });

  test("does not abort it; cancelling it does", async ({ desk }) => {
    await desk.add("a", { key: "k" });
    await desk.hello("w");
    const claim = await desk.claimOne("w", { sleepMs: 125_000 });
    await replace(desk, "b");
    expect((await desk.messages("w")).filter(({ kind }) => kind === "cancel")).toEqual([]);
    expect(await desk.store.cancel("a")).toBe("running");
    expect(await desk.messages("w")).toContainEqual({ kind: "cancel", id: "a" });
    await desk.finish("w", claim);
    expect(await desk.runAll("w")).toEqual(["b"]);
  });

  test("with a delay: counted from the call, and no sooner than its end", async ({ desk }) => {
    for (const [ran, waits] of [
      [400, 600],
      [1_500, 0],
    ] as const) {
      await desk.add("a", { key: "k" });
      const claim = await desk.claimOne("w");
      await replace(desk, "b", { due: later });
      desk.clock.advance(ran);
      expect(await desk.claim("v", 9)).toEqual([]);
      await desk.finish("w", claim);
      if (waits > 0) {
        desk.clock.advance(waits - 1);
        expect(await desk.claim("v", 9)).toEqual([]);
        desk.clock.advance(1);
      }
      expect(await desk.runAll("v")).toEqual(["b"]);
    }
  });

  test("a follower is replaced in its turn, woken, and cancelled, whereupon the running one has its key again", async ({
    desk,
  }) => {
    await desk.add("a", { key: "k" });
    const claim = await desk.claimOne("w");
    await replace(desk, "b", { due: later });
    expect(await replace(desk, "c", { due: { kind: "in", ms: 90_000 } })).toEqual({ id: "b", added: false });
    expect(await desk.store.wake(["k"])).toBe(1);
    expect(await desk.store.wake(["k"])).toBe(0);
    expect(await desk.store.cancel("b")).toBe("cancelled");
    expect(only(await desk.store.find(["k"]))).toMatchObject({ state: "running", id: "a" });
    await replace(desk, "d", { due: later });
    await desk.store.wake(["k"]);
    await desk.finish("w", claim);
    expect((await desk.claimOne("w")).stored?.payload).toBe('"d"');
  });

  test("of its serial key: it comes after it in the lane, before what is added later", async ({ desk }) => {
    await desk.add("a", { key: "k", serial: "s" });
    const claim = await desk.claimOne("w");
    await replace(desk, "b", { serial: "s" });
    await desk.add("c", { serial: "s" });
    await replace(desk, "d", { serial: "s" });
    await desk.finish("w", claim);
    expect(await desk.runAll("w")).toEqual(["b", "c"]);
  });

  test("of its serial key, moved to another or to later: the lane goes on", async ({ desk }) => {
    for (const [serial, due] of [
      ["other", { kind: "now" }],
      ["s", later],
    ] as const) {
      await desk.add("a", { key: "k", serial: "s" });
      const claim = await desk.claimOne("w");
      await replace(desk, "b", { serial: "s" });
      await desk.add("c", { serial: "s" });
      await replace(desk, "d", { serial, due });
      expect(await desk.claim("w", 9)).toEqual([]);
      await desk.finish("w", claim);
      desk.clock.advance("1s");
      expect((await desk.runAll("w")).sort()).toEqual(["b", "c"]);
    }
  });

  test("at the very moment it ends: whichever comes first, the payload runs, once, and after it", async ({
    desk,
  }) => {
    for (let round = 0; round < 40; round += 1) {
      await desk.add(`a${String(round)}`, { key: "k" });
      const claim = await desk.claimOne("w");
      const calls = [() => desk.finish("w", claim), () => replace(desk, `b${String(round)}`)];
      await Promise.all((round % 2 === 0 ? calls : calls.reverse()).map((call) => call()));
      expect(await desk.runAll("w")).toEqual([`b${String(round)}`]);
    }
  });
});
