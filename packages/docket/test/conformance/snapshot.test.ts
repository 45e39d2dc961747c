import { expect } from "vitest";
import { Desk, ids, LEASE, newTask, onBothStores, test } from "../desk.js";

onBothStores("the snapshot", () => {
  test("of an empty store", async ({ desk }) => {
    expect(await desk.store.snapshot()).toEqual({
      now: desk.clock.now(),
      waiting: 0,
      blocked: 0,
      delayed: 0,
      held: 0,
      running: 0,
      dead: 0,
      aside: {},
      tasks: {},
      oldestWaitingAt: undefined,
      nextAt: undefined,
      workers: [],
      counts: {},
    });
  });

  test("counts by state and by task, and says what comes next", async ({ desk }) => {
    const start = desk.clock.now();
    await desk.hello("w", ["like", "scan"]);
    await desk.store.add([
      newTask("dies", { name: "scan" }),
      newTask("aside", { name: "rare" }),
      newTask("runs", { name: "like", serial: "s" }),
    ]);
    const [dies, aside] = await desk.claim("w", 3);
    if (dies === undefined || aside === undefined) throw new Error("nothing was claimed");
    await desk.conclude("w", dies, { kind: "dead", info: "{}" });
    await desk.conclude("w", aside, { kind: "aside" });
    await desk.store.add([
      newTask("blocked 1", { name: "like", serial: "s" }),
      newTask("blocked 2", { name: "like", serial: "s" }),
      newTask("delayed", { name: "like", due: { kind: "in", ms: 3_000 } }),
      newTask("waits longest", { name: "scan" }),
    ]);
    desk.clock.advance("1s");
    await desk.add("waits", { name: "scan" });
    expect(await desk.store.snapshot()).toMatchObject({
      now: start + 1_000,
      waiting: 2,
      blocked: 2,
      delayed: 1,
      running: 1,
      dead: 1,
      aside: { rare: 1 },
      tasks: { like: 4, scan: 2, rare: 1 },
      oldestWaitingAt: start,
      nextAt: start + 3_000,
      counts: { dead: 1, aside: 1 },
    });
  });

  test("a task that comes back from a lost worker is the one that waits longest", async ({ desk }) => {
    const start = desk.clock.now();
    await desk.add("a");
    await desk.claimOne("dies");
    desk.clock.advance("1s");
    await desk.add("b");
    desk.clock.advance(LEASE);
    await desk.settle("w");
    expect(await desk.store.snapshot()).toMatchObject({ waiting: 2, oldestWaitingAt: start });
  });

  test("names the workers that are there, and none that has been silent for too long", async ({ desk }) => {
    await desk.hello("w", ["like", "a name with % and \t"]);
    const { nextMs } = await desk.sleep("w");
    const [there] = (await desk.store.snapshot()).workers;
    expect(there).toMatchObject({
      worker: "w",
      tasks: ["like", "a name with % and \t"],
      concurrency: 10,
      host: "here",
      pid: 1,
    });
    expect(there?.aliveUntil).toBeGreaterThan(desk.clock.now() + nextMs);
    desk.clock.advance(nextMs + 60_000);
    expect((await desk.store.snapshot()).workers).toEqual([]);
    await desk.sleep("w");
    expect((await desk.store.snapshot()).workers).toMatchObject([{ worker: "w" }]);
    await desk.bye("w");
    expect((await desk.store.snapshot()).workers).toEqual([]);
  });

  test("a worker that only renews counts as alive for as long as its leases hold", async ({ desk }) => {
    await desk.add("a");
    const claim = await desk.claimOne("w", { leaseMs: 300_000 });
    await desk.store.renew("w", [claim], 300_000);
    desk.clock.advance(299_000);
    expect((await desk.store.snapshot()).workers).toMatchObject([{ worker: "w" }]);
  });
});

onBothStores("two dockets of different names", () => {
  test("never meet", async ({ desk }) => {
    const other = new Desk(desk.kind, desk.url);
    try {
      await desk.add("mine", { key: "k", serial: "s" });
      expect(await other.add("theirs", { key: "k", serial: "s" })).toEqual({ id: "theirs", added: true });
      await other.sleep("w");
      await desk.add("mine too");
      expect((await other.store.snapshot()).tasks).toEqual({ task: 1 });
      expect(await other.store.cancel("mine")).toBe("unknown");
      expect(await other.store.wake(["k"])).toBe(0);
      expect(ids(await desk.claim("w", 9))).toEqual(["mine", "mine too"]);
    } finally {
      await other.close(true);
    }
  });
});
