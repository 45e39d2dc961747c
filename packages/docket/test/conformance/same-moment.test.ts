import { expect } from "vitest";
import { ids, newTask, onBothStores, settlement, test } from "../desk.js";

onBothStores("what happens to many at one moment", () => {
  test("goes by their ids where it is due then, and by time before that", async ({ desk }) => {
    const at = desk.clock.now() + 5_000;
    await desk.store.add(["c", "a", "b"].map((id) => newTask(id, { due: { kind: "at", at } })));
    await desk.add("d", { due: { kind: "at", at: at - 1 } });
    desk.clock.advance("5s");
    expect(await desk.runAll("w")).toEqual(["d", "a", "b", "c"]);
  });

  test("goes by the ends of leases, and the ids where these are the same", async ({ desk }) => {
    await desk.store.add(["c", "a", "b", "d"].map((id) => newTask(id)));
    const claims = await desk.claim("lost", 4);
    await desk.store.renew("lost", claims.slice(0, 1), 60_000);
    await desk.claim("w", 0);
    desk.clock.advance("10m");
    expect(ids(await desk.claim("w", 9))).toEqual(["a", "b", "d", "c"]);
  });

  test("has what came due while a run was followed take its place as that ends", async ({ desk }) => {
    await desk.add("leader", { key: "k" });
    await desk.add("head", { serial: "s" });
    const [leader, head] = await desk.claim("w", 2);
    await desk.store.replace(newTask("follower", { key: "k", due: { kind: "in", ms: 5_000 } }));
    await desk.add("behind", { serial: "s" });
    desk.clock.advance("5s");
    const ended = [leader, head].flatMap((claim) =>
      claim === undefined ? [] : [settlement(claim, { kind: "done" })],
    );
    const { claims } = await desk.settle("w", { settlements: ended, want: 9 });
    expect(ids(claims)).toEqual(["follower", "behind"]);
  });

  test("wakes a key once, however often it is named", async ({ desk }) => {
    await desk.add("head", { serial: "s" });
    await desk.add("a", { serial: "s", key: "k", due: { kind: "in", ms: 5_000 } });
    expect(await desk.store.wake(["k", "k"])).toBe(1);
    expect(await desk.runAll("w")).toEqual(["head", "a"]);
    await desk.add("next", { serial: "s" });
    expect(await desk.runAll("w")).toEqual(["next"]);
  });

  test("lets what was handed back and cancelled go in the order in which it was told", async ({ desk }) => {
    await desk.store.add(["a", "b"].map((id) => newTask(id, { serial: id })));
    const claims = await desk.claim("w", 2);
    await desk.store.add(["behind a", "behind b"].map((id) => newTask(id, { serial: id.slice(-1) })));
    for (const { id } of claims) await desk.store.cancel(id);
    const settlements = claims.map((claim) => settlement(claim, { kind: "return" }));
    expect(ids((await desk.settle("w", { settlements, want: 9 })).claims)).toEqual(["behind a", "behind b"]);
  });

  test("finds tasks that were laid aside by name, and those that may not start in nobody's way", async ({
    desk,
  }) => {
    const group = { name: "g", rate: undefined };
    await desk.store.add([
      newTask("b", { name: "second" }),
      newTask("held", { name: "first", group }),
      newTask("a", { name: "first" }),
    ]);
    for (const claim of await desk.claim("ignorant", 9))
      await desk.conclude("ignorant", claim, { kind: "aside" });
    await desk.store.pause(["g"], { kind: "in", ms: 1_000 }, "tested");
    await desk.hello("able", ["second", "first"]);
    expect(ids(await desk.claim("able", 1))).toEqual(["a"]);
    expect(ids(await desk.claim("able", 0, { ahead: 2 }))).toEqual([]);
    expect(ids(await desk.claim("able", 9))).toEqual(["b"]);
  });

  test("claims ahead past what may not start", async ({ desk }) => {
    const group = { name: "g", rate: undefined };
    await desk.store.pause(["g"], { kind: "in", ms: 1_000 }, "tested");
    await desk.store.add([newTask("held", { group }), newTask("a"), newTask("b"), newTask("c")]);
    expect(ids(await desk.claim("w", 0, { ahead: 2 }))).toEqual(["a", "b"]);
  });
});
