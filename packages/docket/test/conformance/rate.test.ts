import { expect } from "vitest";
import { ids, newTask, onBothStores, test, type Desk } from "../desk.js";

function rated(name = "g", limit = 2, perMs = 10_000) {
  return { name, rate: { limit, perMs } };
}

/** Claims all that may start now, and finishes it. */
async function startAll(desk: Desk): Promise<string[]> {
  const claims = await desk.claim("w", 99);
  for (const claim of claims) await desk.finish("w", claim);
  return ids(claims);
}

onBothStores("a rate", () => {
  test("lets as many start in each window as it says, in order; other groups go on", async ({ desk }) => {
    for (let n = 0; n < 5; n += 1) await desk.add(`a${String(n)}`, { group: rated("a") });
    await desk.store.add([newTask("b0", { group: rated("b") }), newTask("free")]);
    expect(await startAll(desk)).toEqual(["a0", "a1", "b0", "free"]);
    expect(await desk.store.snapshot()).toMatchObject({ held: 3, waiting: 0 });
    desk.clock.advance(9_999);
    expect(await startAll(desk)).toEqual([]);
    desk.clock.advance(1);
    expect(await startAll(desk)).toEqual(["a2", "a3"]);
    desk.clock.advance("10s");
    expect(await startAll(desk)).toEqual(["a4"]);
  });

  test("counts starts, not runs: the window slides with each of them", async ({ desk }) => {
    await desk.add("a", { group: rated() });
    expect(await startAll(desk)).toEqual(["a"]);
    desk.clock.advance("6s");
    await desk.store.add(["b", "c", "d"].map((id) => newTask(id, { group: rated() })));
    expect(await startAll(desk)).toEqual(["b"]);
    desk.clock.advance("4s");
    expect(await startAll(desk)).toEqual(["c"]);
    desk.clock.advance("6s");
    expect(await startAll(desk)).toEqual(["d"]);
  });

  test("lets those first who have waited: who comes meanwhile stands behind them", async ({ desk }) => {
    await desk.store.add(["a", "b", "c"].map((id) => newTask(id, { group: rated() })));
    expect(await startAll(desk)).toEqual(["a", "b"]);
    desk.clock.advance("9s");
    await desk.add("late", { group: rated() });
    expect(await startAll(desk)).toEqual([]);
    desk.clock.advance("1s");
    expect(await startAll(desk)).toEqual(["c", "late"]);
  });

  test("counts a retry as a start, and drops nothing", async ({ desk }) => {
    await desk.store.add([newTask("a", { group: rated("g", 1) }), newTask("b", { group: rated("g", 1) })]);
    await desk.conclude("w", await desk.claimOne("w"), { kind: "retry", ms: 1_000 });
    const order: string[] = [];
    for (let seconds = 0; seconds < 30; seconds += 1) {
      desk.clock.advance("1s");
      order.push(...(await startAll(desk)).map((id) => `${id} ${String(seconds + 1)}`));
    }
    expect(order).toEqual(["b 10", "a 20"]);
  });

  test("is each task name's own, also in one group", async ({ desk }) => {
    await desk.hello("w", ["task", "other"]);
    for (const id of ["a", "b"]) await desk.add(id, { group: rated("g", 1) });
    for (const id of ["c", "d"]) await desk.add(id, { name: "other", group: rated("g", 1) });
    expect(await startAll(desk)).toEqual(["a", "c"]);
  });

  test("never starts more in any window than it says, whoever claims and when", async ({ desk }) => {
    const starts: number[] = [];
    await desk.store.add(
      Array.from({ length: 40 }, (_, n) => newTask(`t${String(n)}`, { group: rated("g", 3) })),
    );
    for (let step = 0; starts.length < 40 && step < 2_000; step += 1) {
      for (const worker of ["w", "v"])
        for (const claim of await desk.claim(worker, 1 + (step % 3))) {
          starts.push(desk.clock.now());
          await desk.finish(worker, claim);
        }
      desk.clock.advance(137);
    }
    expect(starts.length).toBe(40);
    starts.forEach((start, at) => {
      const fourth = starts[at + 3];
      if (fourth !== undefined) expect(fourth - start).toBeGreaterThanOrEqual(10_000);
    });
    // Waiting costs no more than it must: a place that is free is taken at the next look.
    expect((starts.at(-1) ?? 0) - (starts[0] ?? 0)).toBeLessThan(13 * 10_500);
  });

  test("tells a sleeping worker when the next may start, and wakes it then", async ({ desk }) => {
    await desk.sleep("w", 3);
    await desk.store.add(["a", "b", "c"].map((id) => newTask(id, { group: rated() })));
    expect(ids(await desk.hear("w", 3))).toEqual(["a", "b"]);
    const { nextMs } = await desk.settle("w", { want: 1, sleepMs: 125_000 });
    expect(nextMs).toBe(10_000);
  });

  test("of a paused group waits for the pause, and then goes on at its rate", async ({ desk }) => {
    await desk.store.pause(["g"], { kind: "in", ms: 60_000 }, "because");
    await desk.store.add(["a", "b", "c"].map((id) => newTask(id, { group: rated() })));
    expect(await startAll(desk)).toEqual([]);
    desk.clock.advance("1m");
    expect(await startAll(desk)).toEqual(["a", "b"]);
    desk.clock.advance("10s");
    expect(await startAll(desk)).toEqual(["c"]);
  });
});
