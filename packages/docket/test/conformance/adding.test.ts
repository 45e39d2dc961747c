import { expect } from "vitest";
import { ids, newTask, only, onBothStores, test } from "../desk.js";

onBothStores("adding", () => {
  test("tasks are claimed in the order in which they were added", async ({ desk }) => {
    const names = Array.from({ length: 30 }, (_, at) => `t${String(29 - at)}`);
    await desk.store.add(names.map((id) => newTask(id)));
    await desk.add("last");
    expect(ids(await desk.claim("w", 100))).toEqual([...names, "last"]);
  });

  test("more tasks than fit into one script keep their order", async ({ desk }) => {
    const names = Array.from({ length: 700 }, (_, at) => `t${String(at)}`);
    const added = await desk.store.add(names.map((id) => newTask(id)));
    expect(added).toEqual(names.map((id) => ({ id, added: true })));
    expect(ids(await desk.claim("w", 1_000))).toEqual(names);
  });

  test("tasks that something ties and tasks that nothing ties keep their order among each other", async ({
    desk,
  }) => {
    const tasks = Array.from({ length: 20 }, (_, at) => {
      const tied = [{}, { key: `k${String(at)}` }, { serial: `s${String(at)}` }, {}][at % 4];
      return newTask(`t${String(at)}`, { ...tied, name: `task ${String(at % 3)}` });
    });
    await desk.store.add(tasks);
    expect((await desk.store.snapshot()).tasks).toEqual({ "task 0": 7, "task 1": 7, "task 2": 6 });
    expect(await desk.runAll("w")).toEqual(tasks.map(({ id }) => id));
  });

  test("once more, with others, after a lost answer: those that are there are added once", async ({
    desk,
  }) => {
    const [a, b, c] = [newTask("a"), newTask("b"), newTask("c")];
    await desk.store.add([a, b]);
    const added = await desk.store.add([a, c, b]);
    expect(added).toEqual(["a", "c", "b"].map((id) => ({ id, added: true })));
    expect((await desk.store.snapshot()).tasks).toEqual({ [a.name]: 3 });
    expect(await desk.runAll("w")).toEqual(["a", "b", "c"]);
  });

  test("a worker is never given more than it wants", async ({ desk }) => {
    await desk.store.add(["a", "b", "c"].map((id) => newTask(id)));
    expect(await desk.claim("w", 0)).toEqual([]);
    expect(ids(await desk.claim("w", 2))).toEqual(["a", "b"]);
    expect(ids(await desk.claim("w", 2))).toEqual(["c"]);
  });

  test("what a trace takes along comes back with the task", async ({ desk }) => {
    await desk.store.add([{ ...newTask("a"), carried: "00-trace-01" }, newTask("b")]);
    const [a, b] = await desk.claim("w", 2);
    expect(a?.stored?.carried).toBe("00-trace-01");
    expect(b?.stored).toBeDefined();
    expect(b?.stored).not.toHaveProperty("carried");
  });

  test("what was added comes back as it was: ties, payload, time, first attempt", async ({ desk }) => {
    const payload = JSON.stringify({ text: "tab\t, line\n, 100 % and ♥" });
    const ties = { serial: "lane\t1\n", key: "100 %", name: "task: a\tb" };
    await desk.add("a", { ...ties, payload });
    const addedAt = desk.clock.now();
    desk.clock.advance("3s");
    await desk.hello("w", [ties.name]);
    const claim = await desk.claimOne("w");
    expect(claim).toEqual({
      id: "a",
      stored: { ...ties, payload, addedAt },
      attempt: 1,
      delivery: 1,
      lost: 0,
      claimedAt: desk.clock.now(),
    });
    await desk.finish("w", claim);
    expect(await desk.store.find([ties.key])).toEqual([{ state: "unknown", id: undefined, info: undefined }]);
  });

  test("adding the same task once more, after a lost answer, adds nothing", async ({ desk }) => {
    for (const key of ["", "key"]) {
      const task = newTask(`with key "${key}"`, { key, serial: "lane" });
      const first = await desk.store.add([task]);
      expect(await desk.store.add([task])).toEqual(first);
      expect(first).toEqual([{ id: task.id, added: true }]);
      expect(await desk.runAll("w")).toEqual([task.id]);
    }
  });
});

onBothStores("an idempotent key", () => {
  test("is taken while its task waits, is delayed, runs, and is put off", async ({ desk }) => {
    const again = async (id: string): Promise<void> => {
      expect(await desk.add(id, { key: "k" })).toEqual({ id: "first", added: false });
    };
    await desk.add("first", { key: "k", due: { kind: "in", ms: 1_000 } });
    await again("while delayed");
    desk.clock.advance("1s");
    await desk.settle("nobody");
    await again("while waiting");
    const claim = await desk.claimOne("w");
    await again("while running");
    await desk.conclude("w", claim, { kind: "park", at: desk.clock.now() + 1_000 });
    await again("while put off");
    desk.clock.advance("1s");
    await desk.conclude("w", await desk.claimOne("w"), { kind: "retry", ms: 1_000 });
    await again("between attempts");
    desk.clock.advance("1s");
    expect(await desk.runAll("w")).toEqual(["first"]);
  });

  test("is free once its task is done, dead, or cancelled", async ({ desk }) => {
    await desk.add("done", { key: "k" });
    await desk.finish("w", await desk.claimOne("w"));
    expect(await desk.add("dead", { key: "k" })).toEqual({ id: "dead", added: true });
    await desk.conclude("w", await desk.claimOne("w"), { kind: "dead", info: "{}" });
    expect(await desk.add("cancelled", { key: "k" })).toEqual({ id: "cancelled", added: true });
    expect(await desk.store.cancel("cancelled")).toBe("cancelled");
    expect(await desk.add("last", { key: "k" })).toEqual({ id: "last", added: true });
    expect(await desk.runAll("w")).toEqual(["last"]);
  });

  test("given twice in one call is one task", async ({ desk }) => {
    const added = await desk.store.add([newTask("a", { key: "k" }), newTask("b", { key: "k" })]);
    expect(added).toEqual([
      { id: "a", added: true },
      { id: "a", added: false },
    ]);
    expect(await desk.runAll("w")).toEqual(["a"]);
  });
});

onBothStores("a due time", () => {
  test("keeps a task back until it has come, counted by the store's clock", async ({ desk }) => {
    const now = desk.clock.now();
    await desk.store.add([
      newTask("in 2 s", { due: { kind: "in", ms: 2_000 } }),
      newTask("at 1 s", { due: { kind: "at", at: now + 1_000 } }),
      newTask("in the past", { due: { kind: "at", at: now - 1_000 } }),
    ]);
    expect(ids(await desk.claim("w", 9))).toEqual(["in the past"]);
    desk.clock.advance(999);
    expect(await desk.claim("w", 9)).toEqual([]);
    desk.clock.advance(1);
    expect(ids(await desk.claim("w", 9))).toEqual(["at 1 s"]);
    desk.clock.advance(999);
    expect(await desk.claim("w", 9)).toEqual([]);
    desk.clock.advance(1);
    expect(ids(await desk.claim("w", 9))).toEqual(["in 2 s"]);
  });

  test("tasks become ready in the order of their times, not of their adding", async ({ desk }) => {
    for (const ms of [300, 100, 200]) await desk.add(`in ${String(ms)}`, { due: { kind: "in", ms } });
    desk.clock.advance("1s");
    expect(ids(await desk.claim("w", 9))).toEqual(["in 100", "in 200", "in 300"]);
  });

  test("a thousand tasks that fall due together all come, though not in one call", async ({ desk }) => {
    await desk.store.add(
      Array.from({ length: 1_000 }, (_, at) => newTask(`t${String(at)}`, { due: { kind: "in", ms: 5 } })),
    );
    desk.clock.advance(5);
    const claimed = new Set<string>();
    await desk.hello("w");
    for (let calls = 0; calls < 10; calls += 1) {
      const { claims, nextMs } = await desk.settle("w", { want: 1_000, sleepMs: 60_000, leaseMs: 30_000 });
      for (const { id } of claims) claimed.add(id);
      // Whoever has more to fetch is told to come at once; else at the first lease's end.
      if (nextMs > 0) break;
    }
    expect(claimed.size).toBe(1_000);
  });

  test("the answer says after how long the worker must come for it", async ({ desk }) => {
    await desk.add("a", { due: { kind: "in", ms: 7_000 } });
    expect((await desk.sleep("w")).nextMs).toBe(7_000);
    desk.clock.advance("3s");
    expect((await desk.sleep("w")).nextMs).toBe(4_000);
    await desk.store.cancel("a");
    expect((await desk.sleep("w", 1, { sleepMs: 60_000 })).nextMs).toBe(60_000);
  });

  test("a retry comes after its pause with the next attempt, a put-off task with the same one", async ({
    desk,
  }) => {
    await desk.add("a");
    await desk.conclude("w", await desk.claimOne("w"), { kind: "retry", ms: 500 });
    desk.clock.advance(499);
    expect(await desk.claim("w")).toEqual([]);
    desk.clock.advance(1);
    const second = only(await desk.claim("w"));
    expect(second).toMatchObject({ attempt: 2, delivery: 2 });
    await desk.conclude("w", second, { kind: "park", at: desk.clock.now() + 500 });
    desk.clock.advance(500);
    expect(only(await desk.claim("w"))).toMatchObject({ attempt: 2, delivery: 3 });
  });
});
