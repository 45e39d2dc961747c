import { expect } from "vitest";
import type { Outcome } from "../../src/store/store.js";
import { ids, LEASE, newTask, only, onBothStores, test, type Desk } from "../desk.js";

async function expectGone(desk: Desk, key: string): Promise<void> {
  expect(only(await desk.store.find([key]))).toEqual({ state: "unknown", id: undefined, info: undefined });
}

onBothStores("cancel", () => {
  test("of a waiting task: it is gone, and counted nowhere", async ({ desk }) => {
    await desk.store.add([newTask("a", { key: "a" }), newTask("b", { key: "b" })]);
    expect(await desk.store.cancel("a")).toBe("cancelled");
    await expectGone(desk, "a");
    expect(await desk.store.snapshot()).toMatchObject({ waiting: 1, blocked: 0, tasks: { task: 1 } });
    expect(ids(await desk.claim("w", 9))).toEqual(["b"]);
  });

  test("of one blocked in its lane: the lane goes on without it", async ({ desk }) => {
    await desk.store.add(["head", "a", "b"].map((id) => newTask(id, { serial: "s", key: id })));
    expect(await desk.store.cancel("a")).toBe("cancelled");
    await expectGone(desk, "a");
    expect(await desk.store.snapshot()).toMatchObject({ waiting: 1, blocked: 1 });
    expect(await desk.runAll("w")).toEqual(["head", "b"]);
  });

  test("of the last one blocked in its lane", async ({ desk }) => {
    await desk.store.add(["head", "a"].map((id) => newTask(id, { serial: "s" })));
    await desk.store.cancel("a");
    expect(await desk.runAll("w")).toEqual(["head"]);
    await desk.add("later", { serial: "s" });
    expect(await desk.runAll("w")).toEqual(["later"]);
  });

  test("of a lane's waiting head: the next one's turn has come", async ({ desk }) => {
    await desk.store.add(["head", "a"].map((id) => newTask(id, { serial: "s" })));
    await desk.store.cancel("head");
    expect(await desk.store.snapshot()).toMatchObject({ waiting: 1, blocked: 0 });
    expect(await desk.runAll("w")).toEqual(["a"]);
  });

  test("of a delayed task: it never falls due", async ({ desk }) => {
    await desk.add("a", { key: "k", due: { kind: "in", ms: 1_000 } });
    expect(await desk.store.cancel("a")).toBe("cancelled");
    await expectGone(desk, "k");
    expect((await desk.store.snapshot()).nextAt).toBeUndefined();
    desk.clock.advance("1s");
    expect(await desk.claim("w", 9)).toEqual([]);
  });

  test("of one that is put off: it goes, and its lane goes on", async ({ desk }) => {
    await desk.store.add(["head", "a"].map((id) => newTask(id, { serial: "s", key: id })));
    await desk.conclude("w", await desk.claimOne("w"), { kind: "park", at: desk.clock.now() + 1_000 });
    expect(await desk.store.cancel("head")).toBe("cancelled");
    await expectGone(desk, "head");
    expect(await desk.runAll("w")).toEqual(["a"]);
  });

  test("of a running task: its worker is told, and it isn't gone yet", async ({ desk }) => {
    await desk.add("a", { key: "k" });
    const claim = await desk.claimOne("w");
    expect(await desk.store.cancel("a")).toBe("running");
    expect(await desk.messages("w")).toContainEqual({ kind: "cancel", id: "a" });
    expect(only(await desk.store.find(["k"]))).toMatchObject({ state: "running" });
    expect(await desk.store.cancel("a")).toBe("running");
    expect(await desk.store.renew("w", [claim], LEASE)).toEqual([]);
    await desk.finish("w", claim);
    await expectGone(desk, "k");
  });

  test("of a running task: however it ends but among the dead letters, it doesn't live on", async ({
    desk,
  }) => {
    const endings: Outcome[] = [
      { kind: "done" },
      { kind: "retry", ms: 0 },
      { kind: "park", at: desk.clock.now() },
      { kind: "return" },
      { kind: "aside" },
    ];
    for (const ending of endings) {
      await desk.store.add([newTask("a", { key: "k", serial: "s" }), newTask("next", { serial: "s" })]);
      const claim = await desk.claimOne("w");
      await desk.store.cancel("a");
      expect((await desk.conclude("w", claim, ending)).refused).toEqual([]);
      await expectGone(desk, "k");
      expect(await desk.runAll("w"), ending.kind).toEqual(["next"]);
    }
  });

  test("of a running task that dies: its letter is kept", async ({ desk }) => {
    await desk.add("a", { key: "k" });
    const claim = await desk.claimOne("w");
    await desk.store.cancel("a");
    await desk.conclude("w", claim, { kind: "dead", info: "{}" });
    expect(only(await desk.store.find(["k"]))).toMatchObject({ state: "dead" });
  });

  test("of a running task whose worker is lost: nobody runs it again", async ({ desk }) => {
    await desk.store.add([newTask("a", { key: "k", serial: "s" }), newTask("next", { serial: "s" })]);
    await desk.claimOne("dies");
    await desk.store.cancel("a");
    desk.clock.advance(LEASE);
    expect(await desk.runAll("w")).toEqual(["next"]);
    await expectGone(desk, "k");
  });

  test("of a task on its way to a worker that leaves, or whose answer was lost", async ({ desk }) => {
    await desk.sleep("leaves");
    await desk.add("a", { key: "a" });
    expect(await desk.store.cancel("a")).toBe("running");
    await desk.bye("leaves");
    await expectGone(desk, "a");

    await desk.add("b", { key: "b" });
    await desk.claimOne("w"); // call 1: imagine that this answer was lost
    expect(await desk.store.cancel("b")).toBe("running");
    expect((await desk.settle("w", { want: 9, answered: 0 })).claims).toEqual([]);
    await expectGone(desk, "b");
  });

  test("of a running task whose worker has said goodbye: nothing is left in its inbox", async ({ desk }) => {
    await desk.add("a");
    await desk.claimOne("w");
    await desk.bye("w");
    expect(await desk.store.cancel("a")).toBe("running");
    desk.clock.advance(LEASE);
    expect(await desk.claim("other")).toEqual([]);
  });

  test("of what isn't there: unknown", async ({ desk }) => {
    expect(await desk.store.cancel("never was")).toBe("unknown");
    await desk.add("done");
    await desk.finish("w", await desk.claimOne("w"));
    expect(await desk.store.cancel("done")).toBe("unknown");
    await desk.add("dead");
    await desk.conclude("w", await desk.claimOne("w"), { kind: "dead", info: "{}" });
    expect(await desk.store.cancel("dead")).toBe("unknown");
    expect(ids(await desk.store.letters(9, 0))).toEqual(["dead"]);
  });
});
