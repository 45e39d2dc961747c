import { expect } from "vitest";
import { none } from "../matching.js";
import { ids, newTask, only, onBothStores, test, type Desk } from "../desk.js";

async function die(desk: Desk, info = '{"why":"tested"}'): Promise<void> {
  await desk.conclude("w", await desk.claimOne("w"), { kind: "dead", info });
}

onBothStores("a dead letter", () => {
  test("keeps the task, when it died, and what was said of it", async ({ desk }) => {
    const addedAt = desk.clock.now();
    await desk.add("a", { key: "k", serial: "s", payload: '{"n":1}' });
    desk.clock.advance("1m");
    await die(desk);
    const stored = { key: "k", serial: "s", name: "task", payload: '{"n":1}', addedAt };
    expect(await desk.store.letters(9, 0)).toEqual([
      { id: "a", diedAt: desk.clock.now(), info: '{"why":"tested"}', stored, failures: [] },
    ]);
    expect(await desk.store.find(["k"])).toEqual([{ state: "dead", id: "a", info: '{"why":"tested"}' }]);
    expect(await desk.store.snapshot()).toMatchObject({
      dead: 1,
      running: 0,
      counts: { dead: 1 },
      tasks: none(),
    });
  });

  test("the newest are listed first, as many as asked for", async ({ desk }) => {
    for (const id of ["a", "b", "c"]) {
      await desk.add(id);
      await die(desk);
      desk.clock.advance("1s");
    }
    expect(ids(await desk.store.letters(2, 0))).toEqual(["c", "b"]);
    expect(ids(await desk.store.letters(9, 0))).toEqual(["c", "b", "a"]);
  });

  test("replayed, lives again from its first attempt, with its age counted anew", async ({ desk }) => {
    await desk.add("a", { key: "k", payload: '{"n":1}' });
    await desk.conclude("w", await desk.claimOne("w"), { kind: "retry", ms: 0 });
    await die(desk);
    desk.clock.advance("40d");
    expect(await desk.store.replay("a")).toBe("replayed");
    expect(await desk.store.letters(9, 0)).toEqual([]);
    expect(await desk.store.find(["k"])).toEqual([{ state: "waiting", id: "a", info: undefined }]);
    expect(await desk.claimOne("w")).toMatchObject({
      id: "a",
      attempt: 1,
      lost: 0,
      stored: { key: "k", payload: '{"n":1}', addedAt: desk.clock.now() },
    });
    expect(await desk.store.replay("a")).toBe("unknown");
  });

  test("isn't replayed while a living task has its key", async ({ desk }) => {
    await desk.add("a", { key: "k" });
    await die(desk);
    await desk.add("b", { key: "k" });
    expect(await desk.store.replay("a")).toBe("key in use");
    expect(ids(await desk.store.letters(9, 0))).toEqual(["a"]);
    await desk.finish("w", await desk.claimOne("w"));
    expect(await desk.store.replay("a")).toBe("replayed");
    expect(await desk.add("c", { key: "k" })).toEqual({ id: "a", added: false });
  });

  test("holds neither key nor lane; a replayed one takes both again", async ({ desk }) => {
    await desk.add("a", { key: "k", serial: "s" });
    await die(desk);
    await desk.store.replay("a");
    await desk.add("b", { serial: "s" });
    expect(await desk.runAll("w")).toEqual(["a", "b"]);
  });

  test("keeps the failures before its last, nine at most; a replayed one begins without them", async ({
    desk,
  }) => {
    await desk.add("a");
    for (let n = 1; n <= 11; n += 1)
      await desk.conclude("w", await desk.claimOne("w"), {
        kind: "retry",
        ms: 0,
        info: `{"n":${String(n)}}`,
      });
    const lost = await desk.claimOne("lost");
    expect(lost.attempt).toBe(12);
    desk.clock.advance("1h");
    await desk.sleep("w", 0);
    await die(desk);
    const [letter] = await desk.store.letters(9, 0);
    expect(letter?.failures).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11].map((n) => `{"n":${String(n)}}`));
    expect(letter?.info).toBe('{"why":"tested"}');
    await desk.store.replay("a");
    await die(desk);
    expect((await desk.store.letters(9, 0))[0]?.failures).toEqual([]);
  });

  test("replayed with another payload, has the lane and the group of that", async ({ desk }) => {
    await desk.add("a", { key: "k", serial: "s", payload: '{"n":1}' });
    await die(desk);
    await desk.store.pause(["g"], { kind: "in", ms: 60_000 }, "away");
    const group = { name: "g", rate: undefined };
    await desk.add("head", { serial: "t" });
    const replacement = { serial: "t", group, payload: '{"n":2}' };
    expect(await desk.store.replay("a", replacement)).toBe("overtaken");
    expect(await desk.runAll("w")).toEqual(["head"]);
    expect(await desk.store.snapshot()).toMatchObject({ held: 1 });
    desk.clock.advance("1m");
    expect((await desk.claimOne("w")).stored).toMatchObject({ payload: '{"n":2}', serial: "t", key: "k" });
  });

  test("goes when it has lain for thirty days, as others die", async ({ desk }) => {
    await desk.add("old", { key: "k" });
    await die(desk);
    desk.clock.advance("30d");
    expect(ids(await desk.store.letters(9, 0))).toEqual(["old"]);
    await desk.add("new");
    await die(desk);
    expect(ids(await desk.store.letters(9, 0))).toEqual(["new"]);
    expect(only(await desk.store.find(["k"])).state).toBe("unknown");
  });

  test("discarded, is gone", async ({ desk }) => {
    await desk.add("a", { key: "k" });
    await die(desk);
    expect(await desk.store.discard("a")).toBe(true);
    expect(await desk.store.discard("a")).toBe(false);
    expect(await desk.store.replay("a")).toBe("unknown");
    expect(only(await desk.store.find(["k"])).state).toBe("unknown");
    expect((await desk.store.snapshot()).dead).toBe(0);
  });

  test("discard and replay touch no living task", async ({ desk }) => {
    await desk.add("a");
    expect(await desk.store.discard("a")).toBe(false);
    expect(await desk.store.replay("a")).toBe("unknown");
    expect(await desk.runAll("w")).toEqual(["a"]);
  });
});

onBothStores("find", () => {
  test("tells each state, for many keys in their order", async ({ desk }) => {
    const later = { kind: "in", ms: 60_000 } as const;
    await desk.store.add([newTask("dead", { key: "dead" }), newTask("done", { key: "done" })]);
    await desk.hello("w");
    for (const claim of await desk.claim("w", 2)) {
      await desk.conclude("w", claim, claim.id === "dead" ? { kind: "dead", info: "{}" } : { kind: "done" });
    }
    await desk.add("running", { key: "running", serial: "s" });
    await desk.claimOne("w");
    await desk.store.add([
      newTask("blocked", { key: "blocked", serial: "s" }),
      newTask("waiting", { key: "waiting" }),
      newTask("delayed", { key: "delayed", due: later }),
    ]);
    const keys = ["delayed", "never", "waiting", "blocked", "running", "done", "dead"];
    const found = await desk.store.find(keys);
    expect(found.map(({ state }) => state)).toEqual([
      "delayed",
      "unknown",
      "waiting",
      "waiting",
      "running",
      "unknown",
      "dead",
    ]);
    expect(found.map(({ id }) => id)).toEqual([
      "delayed",
      undefined,
      "waiting",
      "blocked",
      "running",
      undefined,
      "dead",
    ]);
    expect(await desk.store.find([])).toEqual([]);
  });

  test("answers for more keys than fit into one script", async ({ desk }) => {
    await desk.add("a", { key: "k599" });
    const found = await desk.store.find(Array.from({ length: 600 }, (_, at) => `k${String(at)}`));
    expect(found.flatMap(({ state }, at) => (state === "waiting" ? [at] : []))).toEqual([599]);
    expect(found.length).toBe(600);
  });

  test("prefers the living to the dead of a key", async ({ desk }) => {
    await desk.add("old", { key: "k" });
    await die(desk);
    await desk.add("new", { key: "k" });
    expect(await desk.store.find(["k"])).toMatchObject([{ state: "waiting", id: "new" }]);
  });
});

onBothStores("wake", () => {
  test("makes delayed, put-off and failed tasks of its keys due now, and no others", async ({ desk }) => {
    const later = { kind: "in", ms: 60_000 } as const;
    await desk.store.add([newTask("parked", { key: "parked" }), newTask("failed", { key: "failed" })]);
    for (const claim of await desk.claim("w", 2)) {
      const at = desk.clock.now() + 60_000;
      await desk.conclude(
        "w",
        claim,
        claim.id === "failed" ? { kind: "retry", ms: 60_000 } : { kind: "park", at },
      );
    }
    await desk.store.add([
      newTask("delayed", { key: "delayed", due: later }),
      newTask("sleeps on", { key: "not woken", due: later }),
    ]);
    expect(await desk.store.wake(["parked", "failed", "delayed", "never was"])).toBe(3);
    const claims = await desk.claim("w", 9);
    expect(ids(claims)).toEqual(["parked", "failed", "delayed"]);
    expect(claims.map(({ attempt }) => attempt)).toEqual([1, 2, 1]);
  });

  test("leaves a task alone that waits or runs", async ({ desk }) => {
    await desk.add("running", { key: "running" });
    await desk.claimOne("w");
    await desk.add("waiting", { key: "waiting" });
    expect(await desk.store.wake(["running", "waiting"])).toBe(0);
    expect(ids(await desk.claim("w", 9))).toEqual(["waiting"]);
  });

  test("doesn't let a task overtake its lane", async ({ desk }) => {
    await desk.add("delayed", { key: "k", serial: "s", due: { kind: "in", ms: 60_000 } });
    await desk.add("head", { serial: "s" });
    const head = await desk.claimOne("w");
    expect(await desk.store.wake(["k"])).toBe(1);
    expect(await desk.claim("w", 9)).toEqual([]);
    await desk.finish("w", head);
    expect(await desk.runAll("w")).toEqual(["delayed"]);
  });
});
