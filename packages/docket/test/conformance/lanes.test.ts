import { expect } from "vitest";
import { ids, LEASE, newTask, onBothStores, test } from "../desk.js";

onBothStores("a serial key", () => {
  test("lets one task run at a time, in the order added; other lanes go on", async ({ desk }) => {
    await desk.store.add([
      newTask("a1", { serial: "a" }),
      newTask("a2", { serial: "a" }),
      newTask("b1", { serial: "b" }),
      newTask("a3", { serial: "a" }),
      newTask("free"),
    ]);
    const [a1, ...others] = await desk.claim("w", 9);
    expect(ids(others)).toEqual(["b1", "free"]);
    expect(await desk.claim("other", 9)).toEqual([]);
    if (a1 === undefined) throw new Error("nothing was claimed");
    await desk.finish("w", a1);
    const [a2, ...none] = await desk.claim("w", 9);
    expect([a2?.id, none]).toEqual(["a2", []]);
    if (a2 === undefined) throw new Error("nothing was claimed");
    await desk.finish("w", a2);
    expect(ids(await desk.claim("w", 9))).toEqual(["a3"]);
  });

  test("the next in the lane comes with the answer that its head is done", async ({ desk }) => {
    await desk.store.add([newTask("a1", { serial: "a" }), newTask("a2", { serial: "a" })]);
    const { claims } = await desk.conclude("w", await desk.claimOne("w"), { kind: "done" }, { want: 1 });
    expect(ids(claims)).toEqual(["a2"]);
  });

  test("is held through a retry and through being put off", async ({ desk }) => {
    await desk.store.add([newTask("head", { serial: "a" }), newTask("behind", { serial: "a" })]);
    await desk.conclude("w", await desk.claimOne("w"), { kind: "retry", ms: 1_000 });
    expect(await desk.claim("w", 9)).toEqual([]);
    desk.clock.advance("1s");
    await desk.conclude("w", await desk.claimOne("w"), { kind: "park", at: desk.clock.now() + 1_000 });
    await desk.add("late", { serial: "a" });
    expect(await desk.claim("w", 9)).toEqual([]);
    desk.clock.advance("1s");
    expect(await desk.runAll("w")).toEqual(["head", "behind", "late"]);
  });

  test("is held through a hand-back, a lost worker, and being laid aside", async ({ desk }) => {
    await desk.store.add([
      newTask("head", { serial: "a", name: "rare" }),
      newTask("behind", { serial: "a" }),
    ]);
    await desk.conclude("w", await desk.claimOne("w"), { kind: "return" });
    await desk.claimOne("dies");
    desk.clock.advance(LEASE);
    await desk.conclude("w", await desk.claimOne("w"), { kind: "aside" });
    expect(await desk.claim("w", 9)).toEqual([]);
    await desk.hello("able", ["rare", "task"]);
    expect(await desk.runAll("able")).toEqual(["head", "behind"]);
  });

  test("a delayed task takes its place when it is due, not when it is added", async ({ desk }) => {
    await desk.store.add([
      newTask("delayed", { serial: "a", due: { kind: "in", ms: 1_000 } }),
      newTask("first", { serial: "a" }),
      newTask("second", { serial: "a" }),
    ]);
    const first = await desk.claimOne("w");
    expect(first.id).toBe("first");
    desk.clock.advance("1s");
    await desk.settle("w");
    await desk.add("third", { serial: "a" });
    await desk.finish("w", first);
    expect(await desk.runAll("w")).toEqual(["second", "delayed", "third"]);
  });

  test("a delayed task doesn't hold up its lane before it is due", async ({ desk }) => {
    await desk.add("delayed", { serial: "a", due: { kind: "in", ms: 1_000 } });
    await desk.add("now", { serial: "a" });
    expect(await desk.runAll("w")).toEqual(["now"]);
    desk.clock.advance("1s");
    expect(await desk.runAll("w")).toEqual(["delayed"]);
  });

  test("is released by a dead letter and by a cancelled head", async ({ desk }) => {
    const names = ["dies", "cancelled", "last"];
    await desk.store.add(names.map((id) => newTask(id, { serial: "a" })));
    await desk.conclude("w", await desk.claimOne("w"), { kind: "dead", info: "{}" });
    expect(await desk.store.cancel("cancelled")).toBe("cancelled");
    expect(ids(await desk.claim("w", 9))).toEqual(["last"]);
  });

  test("is the same across task names", async ({ desk }) => {
    await desk.store.add([
      newTask("like", { serial: "s", name: "like" }),
      newTask("unlike", { serial: "s", name: "unlike" }),
    ]);
    await desk.hello("w", ["like", "unlike"]);
    expect(ids(await desk.claim("w", 9))).toEqual(["like"]);
  });

  test("a replayed dead letter stands behind what has come meanwhile", async ({ desk }) => {
    await desk.add("dead", { serial: "a" });
    await desk.conclude("w", await desk.claimOne("w"), { kind: "dead", info: "{}" });
    await desk.add("later", { serial: "a" });
    await desk.store.replay("dead");
    expect(await desk.runAll("w")).toEqual(["later", "dead"]);
  });
});
