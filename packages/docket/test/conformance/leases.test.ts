import { expect } from "vitest";
import { ids, LEASE, newTask, only, onBothStores, settlement, test } from "../desk.js";

onBothStores("a lease of a task that came through the inbox", () => {
  test("is the worker's own, also when it was to wake at a time between two milliseconds", async ({
    desk,
  }) => {
    await desk.sleep("w", 3);
    const at = desk.clock.now() + 50_000.4;
    await desk.store.add([newTask("later", { due: { kind: "at", at } })]);
    await desk.messages("w"); // it has been told when to wake
    await desk.add("a");
    expect((await desk.messages("w")).some((message) => message.kind === "task")).toBe(true);
    desk.clock.advance(LEASE);
    expect(await desk.claimOne("other")).toMatchObject({ id: "a", lost: 1 });
  });
});

onBothStores("a lease", () => {
  test("keeps a task from others until it ends; then the task is theirs, counted as lost", async ({
    desk,
  }) => {
    await desk.add("a");
    await desk.claimOne("first");
    desk.clock.advance(LEASE - 1);
    expect(await desk.claim("second")).toEqual([]);
    desk.clock.advance(1);
    expect(await desk.claimOne("second")).toMatchObject({ id: "a", attempt: 1, delivery: 2, lost: 1 });
    desk.clock.advance(LEASE);
    expect(await desk.claimOne("first")).toMatchObject({ delivery: 3, lost: 2 });
    expect((await desk.store.snapshot()).counts).toMatchObject({ recovered: 2 });
  });

  test("tasks of a lost worker go to the front, in the order in which they stood", async ({ desk }) => {
    for (const id of ["a", "b", "c"]) {
      await desk.add(id);
      await desk.claimOne("dies");
      desk.clock.advance(10);
    }
    await desk.add("waiting");
    desk.clock.advance(LEASE);
    expect(ids(await desk.claim("w", 9))).toEqual(["a", "b", "c", "waiting"]);
  });

  test("tasks that have lost two workers in a row begin apart: one of them may be what ends its worker", async ({
    desk,
  }) => {
    await desk.store.add(["a", "b", "c"].map((id) => newTask(id, { serial: id, key: id })));
    for (const lost of [0, 1]) {
      const all = await desk.claim("dies", 9);
      expect(all).toMatchObject(["a", "b", "c"].map((id) => ({ id, lost })));
      desk.clock.advance(LEASE);
    }
    expect(await desk.claim("w", 9)).toMatchObject([{ id: "a", lost: 2 }]);
    expect((await desk.store.find(["b"]))[0]?.state).toBe("delayed");
    desk.clock.advance(499);
    expect(await desk.claim("w", 9)).toEqual([]);
    desk.clock.advance(1);
    const [second] = await desk.claim("w", 9);
    expect(second).toMatchObject({ id: "b", lost: 2, attempt: 1 });
    desk.clock.advance(500);
    expect(await desk.claim("w", 9)).toMatchObject([{ id: "c", lost: 2 }]);
    // The oftener, the farther: they end apart now.
    desk.clock.advance(LEASE);
    expect(await desk.claim("w", 9)).toMatchObject([{ id: "a", lost: 3 }]);
    desk.clock.advance(999);
    expect(await desk.claim("w", 9)).toEqual([]);
    desk.clock.advance(1);
    expect(await desk.claim("w", 9)).toMatchObject([{ id: "b", lost: 3 }]);
  });

  test("however many begin apart, none waits for more than a minute", async ({ desk }) => {
    await desk.store.add(Array.from({ length: 150 }, (_, at) => newTask(String(at))));
    for (let times = 0; times < 2; times += 1) {
      await desk.claim("dies", 150);
      desk.clock.advance(LEASE);
    }
    await desk.settle("dies");
    desk.clock.advance("1m");
    expect(await desk.claim("w", 150)).toHaveLength(150);
  });

  test("lost workers in a row are counted; a failure or being put off starts the count again", async ({
    desk,
  }) => {
    await desk.add("a");
    await desk.claimOne("w");
    desk.clock.advance(LEASE);
    const lostOnce = await desk.claimOne("w");
    expect(lostOnce.lost).toBe(1);
    await desk.conclude("w", lostOnce, { kind: "retry", ms: 0 });
    const retried = await desk.claimOne("w");
    expect(retried).toMatchObject({ lost: 0, attempt: 2 });
    desk.clock.advance(LEASE);
    const lostAgain = await desk.claimOne("w");
    expect(lostAgain.lost).toBe(1);
    await desk.conclude("w", lostAgain, { kind: "park", at: desk.clock.now() });
    expect((await desk.claimOne("w")).lost).toBe(0);
  });

  test("renewing prolongs it", async ({ desk }) => {
    await desk.add("a");
    const claim = await desk.claimOne("w");
    desk.clock.advance(LEASE - 1);
    expect(await desk.store.renew("w", [claim], LEASE)).toEqual([]);
    desk.clock.advance(LEASE - 1);
    expect(await desk.claim("other")).toEqual([]);
    await desk.finish("w", claim);
  });

  test("renewing names what was lost, and gives the new holder nothing to fear", async ({ desk }) => {
    await desk.store.add([newTask("kept"), newTask("lost")]);
    const [kept, lost] = await desk.claim("slow", 2);
    if (kept === undefined || lost === undefined) throw new Error("nothing was claimed");
    desk.clock.advance(LEASE / 2);
    await desk.store.renew("slow", [kept], LEASE);
    desk.clock.advance(LEASE / 2);
    const theirs = await desk.claimOne("quick");
    expect(theirs.id).toBe("lost");
    expect(await desk.store.renew("slow", [kept, lost], LEASE)).toEqual(["lost"]);
    expect(await desk.store.renew("slow", [{ id: "never was", delivery: 1 }], LEASE)).toEqual(["never was"]);
    desk.clock.advance(LEASE - 1);
    expect(await desk.store.renew("quick", [theirs], LEASE)).toEqual([]);
  });
});

onBothStores("fencing", () => {
  test("refuses the settlement of a worker whose lease was lost, whatever it says", async ({ desk }) => {
    await desk.add("a", { key: "k", serial: "lane" });
    const old = await desk.claimOne("slow");
    desk.clock.advance(LEASE);
    const current = await desk.claimOne("quick");
    const at = desk.clock.now();
    for (const outcome of [
      { kind: "done" },
      { kind: "retry", ms: 0 },
      { kind: "park", at },
      { kind: "dead", info: "{}" },
      { kind: "return" },
      { kind: "aside" },
    ] as const) {
      expect((await desk.conclude("slow", old, outcome)).refused, outcome.kind).toEqual(["a"]);
      expect(only(await desk.store.find(["k"])), outcome.kind).toMatchObject({ state: "running" });
    }
    expect((await desk.store.snapshot()).counts).toMatchObject({ refused: 6 });
    await desk.finish("quick", current);
  });

  test("refuses an earlier delivery of the same worker", async ({ desk }) => {
    await desk.add("a");
    const first = await desk.claimOne("w");
    desk.clock.advance(LEASE);
    const second = await desk.claimOne("w");
    expect((await desk.conclude("w", first, { kind: "done" })).refused).toEqual(["a"]);
    await desk.finish("w", second);
  });

  test("refuses one without holding up the others of the call", async ({ desk }) => {
    await desk.store.add([newTask("a"), newTask("b")]);
    const claims = await desk.claim("w", 2);
    const settlements = claims.map((claim) => settlement(claim, { kind: "done" }));
    const stranger = {
      ...settlements[0],
      id: "stranger",
      delivery: 1,
      ties: { serial: "", key: "", name: "task" },
    };
    const { refused } = await desk.settle("w", {
      settlements: [{ ...stranger, outcome: { kind: "done" } }, ...settlements],
    });
    expect(refused).toEqual(["stranger"]);
    expect(await desk.store.snapshot()).toMatchObject({ running: 0, waiting: 0 });
  });

  test("settling once more after a lost answer changes nothing", async ({ desk }) => {
    await desk.store.add(["a", "b", "c", "d"].map((id) => newTask(id, { serial: id, key: id })));
    const claims = await desk.claim("w", 4);
    const outcomes = [
      { kind: "done" },
      { kind: "retry", ms: 500 },
      { kind: "dead", info: "{}" },
      { kind: "return" },
    ] as const;
    const settlements = claims.map((claim, at) => settlement(claim, outcomes[at] ?? { kind: "done" }));
    expect((await desk.settle("w", { settlements })).refused).toEqual([]);
    const before = await desk.store.snapshot();
    expect((await desk.settle("w", { settlements })).refused).toEqual(["a", "b", "c", "d"]);
    expect(await desk.store.snapshot()).toEqual({ ...before, counts: { ...before.counts, refused: 4 } });
    desk.clock.advance("1s");
    const again = await desk.claim("w", 9);
    expect(again).toMatchObject([
      { id: "d", attempt: 1 },
      { id: "b", attempt: 2 },
    ]);
  });

  test("what an unanswered call claimed goes back at once, uncounted, and only that", async ({ desk }) => {
    await desk.store.add(["kept", "x", "y"].map((id) => newTask(id)));
    const kept = only(await desk.claim("w", 1));
    await desk.claim("w", 2); // call 2: imagine that this answer was lost
    const { claims, refused } = await desk.settle("w", { want: 2, answered: 1 });
    expect(claims).toMatchObject([
      { id: "x", attempt: 1, delivery: 2, lost: 0 },
      { id: "y", attempt: 1, delivery: 2, lost: 0 },
    ]);
    expect(refused).toEqual([]);
    await desk.finish("w", kept);
  });

  test("undoing calls of one worker leaves its earlier ones alone, and another's", async ({ desk }) => {
    await desk.store.add([
      newTask("of call 1"),
      newTask("theirs"),
      newTask("of call 10"),
      newTask("of call 11"),
    ]);
    const first = only(await desk.claim("me", 1));
    const theirs = only(await desk.claim("they", 1));
    for (let call = 2; call <= 9; call += 1) await desk.settle("me");
    await desk.claim("me", 1);
    await desk.claim("me", 1, { answered: 9 }); // neither is answered: this one undoes the tenth, and claims it again
    const claims = (await desk.settle("me", { want: 9, answered: 9 })).claims;
    expect(ids(claims)).toEqual(["of call 10", "of call 11"]);
    for (const claim of claims) await desk.finish("me", claim);
    await desk.finish("they", theirs);
    await desk.finish("me", first);
  });
});
