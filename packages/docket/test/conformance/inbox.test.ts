import { expect } from "vitest";
import { ids, LEASE, newTask, only, onBothStores, SLEEP, taskIn, test, type Desk } from "../desk.js";

onBothStores("a sleeping worker", () => {
  test("is sent a task that is added, under a lease", async ({ desk }) => {
    await desk.sleep("w");
    await desk.add("a", { key: "k", payload: '{"n":1}' });
    expect(await desk.store.find(["k"])).toMatchObject([{ state: "running", id: "a" }]);
    const claim = taskIn(await desk.messages("w"));
    expect(claim).toMatchObject({ id: "a", attempt: 1, delivery: 1, lost: 0, claimedAt: desk.clock.now() });
    expect(claim.stored).toMatchObject({ key: "k", payload: '{"n":1}' });
    await desk.finish("w", claim);
  });

  test("is sent at once what was in its blocking read's way: nothing is waited for", async ({ desk }) => {
    await desk.sleep("w");
    const reading = desk.store.listen("w", 60_000, new AbortController().signal);
    await desk.add("a");
    expect(await reading).toMatchObject({ kind: "task", claim: { id: "a" } });
  });

  test("stops reading when it is told to", async ({ desk }) => {
    await desk.sleep("w");
    const stop = new AbortController();
    const reading = desk.store.listen("w", 60_000, stop.signal);
    stop.abort();
    expect(await reading).toBeUndefined();
  });

  test("is given no more than its free slots, and each of them", async ({ desk }) => {
    await desk.sleep("w", 3);
    for (const id of ["a", "b", "c", "d", "e"]) await desk.add(id);
    expect(ids(await desk.hear("w", 3))).toEqual(["a", "b", "c"]);
    expect(await desk.store.snapshot()).toMatchObject({ running: 3, waiting: 2 });
  });

  test("is sent nothing while it is full, or doesn't sleep any more", async ({ desk }) => {
    await desk.sleep("full", 1);
    await desk.add("a");
    await desk.sleep("stops");
    await desk.settle("stops", { want: 0, sleepMs: 0 });
    await desk.add("b");
    expect(taskIn(await desk.messages("full")).id).toBe("a");
    const kinds = (await desk.messages("stops")).map(({ kind }) => kind);
    expect(kinds).not.toContain("task");
    expect(await desk.store.snapshot()).toMatchObject({ waiting: 1 });
  });

  test("shares with others that sleep", async ({ desk }) => {
    for (const worker of ["u", "v", "w"]) await desk.sleep(worker, 1);
    await desk.store.add([newTask("a"), newTask("b"), newTask("c")]);
    const given = [];
    for (const worker of ["u", "v", "w"]) given.push(only(await desk.hear(worker, 1)).id);
    expect(given.sort()).toEqual(["a", "b", "c"]);
  });

  test("is sent a task that becomes ready by a settlement, a wake, a replay, a cancel", async ({ desk }) => {
    await desk.add("head", { serial: "s" });
    const head = await desk.claimOne("busy");
    await desk.add("next", { serial: "s" });
    await desk.add("dies");
    await desk.conclude("busy", await desk.claimOne("busy"), { kind: "dead", info: "{}" });
    await desk.add("delayed", { key: "delayed", due: { kind: "in", ms: 60_000 } });
    await desk.sleep("w", 1);
    await desk.finish("busy", head);
    expect(taskIn(await desk.messages("w")).id).toBe("next");

    await desk.sleep("w", 1);
    await desk.store.wake(["delayed"]);
    expect(taskIn(await desk.messages("w")).id).toBe("delayed");

    await desk.sleep("w", 1);
    await desk.store.replay("dies");
    expect(taskIn(await desk.messages("w")).id).toBe("dies");

    await desk.add("lane's head", { serial: "t", due: { kind: "in", ms: 1_000 } });
    desk.clock.advance("1s");
    await desk.settle("busy");
    await desk.add("behind", { serial: "t" });
    await desk.store.cancel("lane's head");
    await desk.sleep("w", 2);
    expect(await desk.store.snapshot()).toMatchObject({ waiting: 0, blocked: 0 });
  });
});

onBothStores("what is on its way to a worker", () => {
  test("takes a slot of its: an answer doesn't give more than it wants beside it", async ({ desk }) => {
    await desk.sleep("w", 2);
    await desk.add("sent");
    await desk.store.add([newTask("b"), newTask("c"), newTask("d")]);
    const unread = (await desk.store.snapshot()).running;
    const { claims } = await desk.settle("w", { want: 2 });
    expect(claims.length + unread).toBe(2);
    const sent = (await desk.messages("w")).flatMap((message) =>
      message.kind === "task" ? [message.claim.id] : [],
    );
    expect([...sent, ...ids(claims)]).toEqual(["sent", "b"]);
  });

  test("takes none any more once it was received", async ({ desk }) => {
    await desk.sleep("w", 1);
    await desk.add("a");
    await desk.finish("w", taskIn(await desk.messages("w")));
    await desk.store.add([newTask("b"), newTask("c")]);
    expect(ids(await desk.claim("w", 2))).toEqual(["b", "c"]);
  });

  test("takes none when the read that had it broke, and comes back at its lease's end", async ({ desk }) => {
    await desk.sleep("w", 1);
    await desk.add("a");
    await desk.messages("w"); // imagine that the connection broke here
    await desk.add("b");
    expect(ids(await desk.claim("w", 1))).toEqual(["b"]);
    desk.clock.advance(LEASE);
    expect(ids(await desk.claim("w", 9))).toEqual(["a", "b"]);
  });

  test("takes one as long as it lies unread", async ({ desk }) => {
    await desk.sleep("w", 1);
    await desk.add("unread");
    await desk.add("b");
    expect(await desk.claim("w", 1)).toEqual([]);
    expect(taskIn(await desk.messages("w")).id).toBe("unread");
    expect(ids(await desk.claim("w", 1))).toEqual(["b"]);
  });

  test("goes back when it says goodbye: to the front, in order, uncounted", async ({ desk }) => {
    await desk.sleep("leaves", 2);
    await desk.add("a");
    await desk.add("b");
    await desk.add("c");
    await desk.bye("leaves");
    const claims = await desk.claim("w", 9);
    expect(ids(claims)).toEqual(["a", "b", "c"]);
    expect(claims[0]).toMatchObject({ attempt: 1, lost: 0 });
  });

  test("leaves nothing behind when it is told of after the goodbye", async ({ desk }) => {
    await desk.sleep("leaves");
    await desk.add("a");
    const claim = taskIn(await desk.messages("leaves"));
    await desk.bye("leaves");
    await desk.settle("leaves");
    await desk.conclude("leaves", claim, { kind: "return" });
    expect(ids(await desk.claim("w", 9))).toEqual(["a"]);
  });

  test("comes back at its lease's end when the worker is gone, which is sent nothing more", async ({
    desk,
  }) => {
    await desk.sleep("gone", 5);
    await desk.add("a");
    await desk.hello("w");
    desk.clock.advance(LEASE);
    expect(await desk.claimOne("w")).toMatchObject({ id: "a", lost: 1 });
    await desk.add("b");
    expect((await desk.claimOne("w")).id).toBe("b");
  });
});

onBothStores("the watch", () => {
  test("a sleeping worker is told to look when another's lease would end before it wakes", async ({
    desk,
  }) => {
    await desk.store.add([newTask("head", { serial: "s" }), newTask("next", { serial: "s" })]);
    const head = await desk.claimOne("runs", { leaseMs: 100_000 });
    expect((await desk.sleep("watches")).nextMs).toBe(100_000);
    await desk.messages("watches");
    await desk.conclude("runs", head, { kind: "done" }, { want: 1, leaseMs: LEASE });
    const looks = (await desk.messages("watches")).map((message) =>
      message.kind === "look" ? message.ms : Infinity,
    );
    expect(Math.min(...looks)).toBe(LEASE);
    desk.clock.advance(LEASE);
    expect(ids((await desk.sleep("watches")).claims)).toEqual(["next"]);
  });

  test("a task sent to one sleeping worker is watched over by another", async ({ desk }) => {
    for (const worker of ["u", "v"]) await desk.sleep(worker);
    await desk.add("a");
    const given = new Map<string, number>();
    for (const worker of ["u", "v"]) {
      const messages = await desk.messages(worker);
      const wakes = messages.flatMap((message) => (message.kind === "look" ? [message.ms] : []));
      if (messages.some(({ kind }) => kind === "task")) given.set("runs", 1);
      else given.set("wakes after", Math.min(SLEEP, ...wakes));
    }
    expect([...given]).toContainEqual(["runs", 1]);
    expect(given.get("wakes after")).toBeLessThanOrEqual(LEASE);
  });

  test("a sleeping worker is told of a task that falls due earlier than it wakes, and of no later one", async ({
    desk,
  }) => {
    await desk.add("in 60 s", { due: { kind: "in", ms: 60_000 } });
    expect((await desk.sleep("w")).nextMs).toBe(60_000);
    await desk.add("in 5 s", { due: { kind: "in", ms: 5_000 } });
    expect(await desk.messages("w")).toEqual([{ kind: "look", ms: 5_000 }]);
    desk.clock.advance("5s");
    expect(ids((await desk.sleep("w", 1)).claims)).toEqual(["in 5 s"]);
  });

  test("a sleeping worker is told of a retry that falls due while it sleeps", async ({ desk }) => {
    await desk.add("a");
    const claim = await desk.claimOne("fails");
    await desk.sleep("w");
    await desk.messages("w");
    await desk.conclude("fails", claim, { kind: "retry", ms: 3_000 });
    const looks = (await desk.messages("w")).map((message) =>
      message.kind === "look" ? message.ms : Infinity,
    );
    expect(Math.min(...looks)).toBe(3_000);
  });

  const earliestLook = async (desk: Desk, worker: string): Promise<number> => {
    const looks = (await desk.messages(worker)).map((message) =>
      message.kind === "look" ? message.ms : Infinity,
    );
    return Math.min(...looks);
  };

  test("one that didn't wake when it promised isn't relied on", async ({ desk }) => {
    await desk.add("a");
    const claim = await desk.claimOne("fails", { leaseMs: 300_000 });
    await desk.sleep("dead");
    desk.clock.advance(SLEEP + 6_000);
    await desk.sleep("lives");
    await desk.messages("lives");
    await desk.conclude("fails", claim, { kind: "retry", ms: 5_000 });
    expect(await earliestLook(desk, "lives")).toBe(5_000);
  });

  test("one whose lease has ended isn't relied on", async ({ desk }) => {
    await desk.sleep("dead", 2);
    await desk.add("a");
    desk.clock.advance(LEASE);
    const claim = await desk.claimOne("fails", { leaseMs: 300_000 });
    await desk.sleep("lives", 1, { sleepMs: SLEEP / 2 });
    await desk.messages("lives");
    await desk.conclude("fails", claim, { kind: "retry", ms: 5_000 });
    expect(await earliestLook(desk, "lives")).toBe(5_000);
  });
});
