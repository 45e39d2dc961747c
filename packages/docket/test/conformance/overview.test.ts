import { expect } from "vitest";
import { newTask, onBothStores, test, type Desk } from "../desk.js";

async function overviewOf(desk: Desk, task: string) {
  const { tasks, estimated } = await desk.store.overview(5);
  return { ...tasks.find((one) => one.task === task), estimated };
}

onBothStores("the overview by task", () => {
  test("counts places, ages and how runs ended lately", async ({ desk }) => {
    const start = desk.clock.now();
    const group = { name: "g", rate: undefined };
    await desk.store.pause(["g"], { kind: "in", ms: 60_000 }, "away");
    await desk.store.add([
      newTask("done"),
      newTask("fails"),
      newTask("parks"),
      newTask("dies"),
      newTask("held", { group }),
      newTask("runs", { serial: "s", name: "other" }),
    ]);
    const claims = await desk.claim("w", 9);
    const outcomes = [
      { kind: "done" },
      { kind: "retry", ms: 60_000 },
      { kind: "park", at: start + 60_000 },
      { kind: "dead", info: "{}" },
    ] as const;
    for (const [at, outcome] of outcomes.entries()) {
      const claim = claims[at];
      if (claim !== undefined) await desk.conclude("w", claim, outcome);
    }
    desk.clock.advance(1_000);
    await desk.store.add([newTask("waits"), newTask("blocked", { serial: "s", name: "other" })]);
    expect(await overviewOf(desk, "task")).toEqual({
      task: "task",
      waiting: 1,
      delayed: 2,
      running: 0,
      held: 1,
      blocked: 0,
      aside: 0,
      oldestWaitingAt: start + 1_000,
      oldestRunningAt: undefined,
      ended: { done: 1, failed: 1, putOff: 1, dead: 1 },
      estimated: false,
    });
    expect(await overviewOf(desk, "other")).toMatchObject({
      running: 1,
      blocked: 1,
      oldestRunningAt: start,
      ended: { done: 0, failed: 0, putOff: 0, dead: 0 },
    });
    desk.clock.advance("5m");
    expect((await overviewOf(desk, "task")).ended).toEqual({ done: 0, failed: 0, putOff: 0, dead: 0 });
  });

  test("says how long a task runs that came through an inbox", async ({ desk }) => {
    await desk.sleep("w", 1);
    desk.clock.advance("1s");
    await desk.add("a");
    const [message] = await desk.messages("w");
    expect(message?.kind).toBe("task");
    expect(await overviewOf(desk, "task")).toMatchObject({ running: 1, oldestRunningAt: desk.clock.now() });
  });

  test("of a long backlog is not far from it, and names its oldest", async ({ desk }) => {
    const start = desk.clock.now();
    await desk.store.add(
      Array.from({ length: 1_200 }, (_, at) =>
        newTask(`t${String(at)}`, { name: at % 3 === 0 ? "third" : "rest" }),
      ),
    );
    const third = await overviewOf(desk, "third");
    expect(third.oldestWaitingAt).toBe(start);
    expect(Math.abs((third.waiting ?? 0) - 400)).toBeLessThan(5);
    expect(third.estimated).toBe(desk.kind === "redis");
  });
});
