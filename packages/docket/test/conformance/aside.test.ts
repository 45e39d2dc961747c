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

  test("may be of a version that its worker doesn't know: by name and version", async ({ desk }) => {
    const group = { name: "g", rate: { limit: 2, perMs: 1_000 } };
    await desk.add("a", { version: 2, serial: "s" });
    await desk.add("b", { serial: "s" });
    await desk.conclude("old", await desk.claimOne("old"), { kind: "aside" });
    expect(await desk.store.snapshot()).toMatchObject({
      aside: { "task@2": 1 },
      tasks: { task: 1, "task@2": 1 },
    });
    await desk.hello("new", ["task", "task@2"]);
    expect(await desk.claim("new", 1)).toMatchObject([{ id: "a", attempt: 1, stored: { version: 2 } }]);
    expect(await desk.claim("old", 9)).toEqual([]);
    // Its rate and its strikes are the task's.
    await desk.add("c", { group });
    await desk.add("d", { version: 2, group });
    await desk.add("e", { version: 3, group });
    expect(ids(await desk.claim("new", 9))).toEqual(["c", "d"]);
    expect(await desk.store.snapshot()).toMatchObject({ held: 1 });
    expect((await desk.store.overview(1)).tasks).toMatchObject([{ task: "task", held: 1, running: 3 }]);
    expect(await desk.store.cancel("e")).toBe("cancelled");
  });

  test("has its version in a name that is odd, too", async ({ desk }) => {
    const name = "50% a\u0001@b";
    await desk.add("a", { name, version: 12 });
    await desk.conclude("old", await desk.claimOne("old"), { kind: "aside" });
    await desk.hello("new", [`${name}@12`]);
    const claim = await desk.claimOne("new");
    expect(claim).toMatchObject({ id: "a", stored: { name, version: 12 } });
    await desk.finish("new", claim);
    expect(await desk.store.snapshot()).toMatchObject({ tasks: none() });
  });
});
