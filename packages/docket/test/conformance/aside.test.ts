import { expect } from "vitest";
import { none } from "../matching.js";
import { ids, newTask, onBothStores, test } from "../desk.js";

onBothStores("a task that its worker doesn't know", () => {
  test("is laid aside: visible, counted, and not offered to the ignorant again", async ({ desk }) => {
    await desk.add("a", { name: "rare", key: "k" });
    await desk.conclude("w", await desk.claimOne("w"), { kind: "aside" });
    expect(await desk.claim("w", 9)).toEqual([]);
    expect(await desk.claim("as ignorant", 9)).toEqual([]);
    expect(await desk.store.find(["k"])).toMatchObject([{ state: "waiting", id: "a" }]);
    expect(await desk.store.snapshot()).toMatchObject({
      waiting: 0,
      blocked: 0,
      running: 0,
      aside: { rare: 1 },
      tasks: { rare: 1 },
      counts: { aside: 1 },
    });
  });

  test("runs when a worker comes that knows it, however much later, with nothing counted", async ({
    desk,
  }) => {
    await desk.store.add([
      newTask("a", { name: "rare" }),
      newTask("b", { name: "rare" }),
      newTask("c", { name: "other" }),
    ]);
    for (const claim of await desk.claim("w", 9)) await desk.conclude("w", claim, { kind: "aside" });
    desk.clock.advance("30d");
    await desk.hello("able", ["rare"]);
    expect(await desk.claim("able", 1)).toMatchObject([{ id: "a", attempt: 1, lost: 0 }]);
    expect(ids(await desk.claim("able", 9))).toEqual(["b"]);
    expect((await desk.store.snapshot()).aside).toEqual({ other: 1 });
  });

  test("reaches a worker that knows it and sleeps", async ({ desk }) => {
    await desk.hello("able", ["rare"]);
    await desk.add("a", { name: "rare" });
    const claim = await desk.claimOne("w");
    await desk.sleep("able");
    await desk.conclude("w", claim, { kind: "aside" });
    expect(ids(await desk.hear("able", 1))).toEqual(["a"]);
  });

  test("can be cancelled, and nothing of it stays", async ({ desk }) => {
    await desk.store.add([
      newTask("a", { name: "rare", key: "k", serial: "s" }),
      newTask("b", { serial: "s" }),
    ]);
    await desk.conclude("w", await desk.claimOne("w"), { kind: "aside" });
    expect(await desk.store.cancel("a")).toBe("cancelled");
    expect(await desk.store.snapshot()).toMatchObject({ aside: none(), tasks: { task: 1 } });
    await desk.hello("able", ["rare", "task"]);
    expect(ids(await desk.claim("able", 9))).toEqual(["b"]);
  });
});
