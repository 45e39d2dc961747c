import { expect } from "vitest";
import { newTask, onBothStores, test, type Desk } from "../desk.js";

const result = (json: string | undefined): { kind: "done"; result: { json: string | undefined } } => ({
  kind: "done",
  result: { json },
});

/** Counts the calls that say there may be something to ask for. */
function watched(desk: Desk, id: string): { count: number; stop: () => void } {
  const seen = { count: 0, stop: (): void => undefined };
  seen.stop = desk.store.watch(id, () => {
    seen.count += 1;
  });
  return seen;
}

onBothStores("a task's end", () => {
  test("is its result where that is kept, undefined too, and unknown where not", async ({ desk }) => {
    for (const [id, outcome, end] of [
      ["value", result('{"a":"= \\n"}'), result('{"a":"= \\n"}')],
      ["nothing", result(undefined), result(undefined)],
      ["not kept", { kind: "done" }, { kind: "unknown" }],
    ] as const) {
      await desk.add(id);
      expect(await desk.store.end(id)).toEqual({ kind: "living" });
      await desk.conclude("w", await desk.claimOne("w"), outcome);
      expect(await desk.store.end(id)).toEqual(end);
    }
    expect(await desk.store.end("never added")).toEqual({ kind: "unknown" });
  });

  test("is its letter when it is dead, and living again once it is replayed", async ({ desk }) => {
    await desk.add("a");
    await desk.conclude("w", await desk.claimOne("w"), { kind: "dead", info: '{"why":1}' });
    expect(await desk.store.end("a")).toEqual({ kind: "dead", info: '{"why":1}' });
    await desk.store.replay("a");
    expect(await desk.store.end("a")).toEqual({ kind: "living" });
  });

  test("is that it was cancelled: while it waited, while it ran, or by a replacement", async ({ desk }) => {
    const cancelled = { kind: "cancelled" };
    await desk.add("waiting");
    await desk.store.cancel("waiting");
    expect(await desk.store.end("waiting")).toEqual(cancelled);
    for (const outcome of [{ kind: "done" }, { kind: "retry", ms: 1 }, { kind: "return" }] as const) {
      const id = `ends with ${outcome.kind}`;
      await desk.add(id);
      const claim = await desk.claimOne("w");
      await desk.store.cancel(id);
      await desk.conclude("w", claim, outcome);
      expect(await desk.store.end(id)).toEqual(cancelled);
    }
    await desk.add("lost");
    await desk.claimOne("w", { leaseMs: 1_000 });
    await desk.store.cancel("lost");
    desk.clock.advance("1s");
    await desk.settle("v");
    expect(await desk.store.end("lost")).toEqual(cancelled);
    await desk.add("replaced", { key: "k" });
    const claim = await desk.claimOne("w");
    await desk.store.replace(newTask("replacement", { key: "k" }));
    await desk.conclude("w", claim, { kind: "retry", ms: 1 });
    expect(await desk.store.end("replaced")).toEqual(cancelled);
  });

  test("is its result when it was done before it heard that it was cancelled", async ({ desk }) => {
    await desk.add("a");
    const claim = await desk.claimOne("w");
    await desk.store.cancel("a");
    await desk.conclude("w", claim, result("1"));
    expect(await desk.store.end("a")).toEqual(result("1"));
  });

  test("is forgotten after ten minutes, and the oldest when there are more than 10,000", async ({ desk }) => {
    const names = Array.from({ length: 10_250 }, (_, at) => String(at));
    await desk.store.add(names.map((id) => newTask(id)));
    for (let from = 0; from < names.length; from += 250) {
      const claims = await desk.claim("w", 250);
      const settlements = claims.map(({ id, delivery }) => ({
        id,
        delivery,
        ties: { serial: "", key: "", name: "task" },
        outcome: result(id),
      }));
      await desk.settle("w", { settlements });
      desk.clock.advance(1);
    }
    expect(await desk.store.end("249")).toEqual({ kind: "unknown" });
    expect(await desk.store.end("250")).toEqual(result("250"));
    desk.clock.advance(600_000);
    expect(await desk.store.end("10249")).toEqual({ kind: "unknown" });
  });

  test("is told to those who watch, until they stop", async ({ desk }) => {
    await desk.store.add(["done", "dead", "cancelled", "other"].map((id) => newTask(id)));
    const claims = await desk.claim("w", 3);
    const stopped = watched(desk, "done");
    const seen = new Map(["done", "dead", "cancelled", "other"].map((id) => [id, watched(desk, id)]));
    const all = [...seen.values()];
    await expect.poll(() => all.every(({ count }) => count > 0)).toBe(true); // watching has begun
    stopped.stop();
    const before = new Map([...seen].map(([id, { count }]) => [id, count]));
    const stoppedAt = stopped.count;
    const [done, dead, cancelled] = claims;
    if (done === undefined || dead === undefined || cancelled === undefined) throw new Error("too few");
    await desk.conclude("w", done, result("1"));
    await desk.conclude("w", dead, { kind: "dead", info: "{}" });
    await desk.store.cancel("cancelled");
    await desk.conclude("w", cancelled, { kind: "done" });
    for (const id of ["done", "dead", "cancelled"])
      await expect.poll(() => (seen.get(id)?.count ?? 0) > (before.get(id) ?? 0)).toBe(true);
    expect(seen.get("other")?.count).toBe(before.get("other"));
    expect(stopped.count).toBe(stoppedAt);
    for (const { stop } of all) stop();
  });
});
