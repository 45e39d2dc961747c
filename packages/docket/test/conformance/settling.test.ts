import { expect } from "vitest";
import { newTask, onBothStores, settlement, test } from "../desk.js";

onBothStores("what is told of many deliveries in one call", () => {
  test("holds for each by itself, whatever its task, its ties and its outcome", async ({ desk }) => {
    await desk.store.add([
      newTask("a", { name: "one" }),
      newTask("b", { name: "two" }),
      newTask("c", { name: "one", key: "k", serial: "s" }),
      newTask("d", { name: "one" }),
      newTask("e", { name: "two" }),
      newTask("f", { name: "one" }),
      newTask("g", { name: "one", serial: "s" }),
    ]);
    const [a, b, c, d, e, f] = await desk.claim("w", 9);
    if (!a || !b || !c || !d || !e || !f) throw new Error("six were to be claimed");
    await desk.store.cancel("f");
    const { refused, claims } = await desk.settle("w", {
      want: 9,
      settlements: [
        settlement(a, { kind: "done" }),
        settlement(b, { kind: "retry", ms: 1_000 }),
        settlement(c, { kind: "done" }),
        settlement({ ...d, delivery: 2 }, { kind: "done" }),
        settlement(e, { kind: "done", result: { json: "5" } }),
        settlement(f, { kind: "done" }),
      ],
    });
    expect(refused).toEqual(["d"]);
    expect(claims.map(({ id }) => id)).toEqual(["g"]);
    expect((await desk.store.snapshot()).tasks).toEqual({ one: 2, two: 1 });
    const ends = await Promise.all(["a", "b", "d", "e", "f"].map((id) => desk.store.end(id)));
    expect(ends.map(({ kind }) => kind)).toEqual(["unknown", "living", "living", "done", "cancelled"]);
    const { tasks } = await desk.store.overview(1);
    const done = Object.fromEntries(tasks.map(({ task, ended }) => [task, ended.done]));
    expect(done).toEqual({ one: 3, two: 1 });
    desk.clock.advance("1s");
    const again = await desk.claim("w", 9);
    expect(again.map(({ id, attempt, delivery }) => [id, attempt, delivery])).toEqual([["b", 2, 2]]);
  });
});
