import { expect } from "vitest";
import type { EndedTask, EndsAsked } from "../../src/store/history.js";
import type { Outcome } from "../../src/store/store.js";
import { newTask, onBothStores, settlement, test, type Desk } from "../desk.js";

const MINUTE = 60_000;

/** All that is told, over as many calls as it takes. */
async function told(desk: Desk, asked: Partial<EndsAsked> = {}): Promise<EndedTask[]> {
  const all: EndedTask[] = [];
  for (let before: EndsAsked["before"]; ;) {
    const { ended, next } = await desk.store.recent({ most: 1_000, ...asked, before });
    all.push(...ended);
    if (all.length > 1_000) throw new Error("the same ends are told for ever");
    if (next === undefined) return all;
    before = next;
  }
}

const how = (ends: readonly EndedTask[]): string[] => ends.map(({ id, ended }) => `${id} ${ended}`);

async function end(desk: Desk, id: string, outcome: Outcome = { kind: "done" }): Promise<void> {
  await desk.add(id);
  await desk.conclude("w", await desk.claimOne("w"), outcome);
}

onBothStores("a history", () => {
  test.override("history", { keepMs: 20 * MINUTE, most: 100 });

  test("tells how a task ended, when, after how many attempts, and where", async ({ desk }) => {
    const added = desk.clock.now();
    await desk.add("a", { name: "a task", version: 2, key: "a\tkey", serial: "s", payload: '"secret"' });
    desk.clock.advance(1_000);
    await desk.hello("w", ["a task@2"]);
    const first = await desk.claimOne("w");
    await desk.conclude("w", first, { kind: "retry", ms: 1_000, info: '{"first":"failure"}' });
    desk.clock.advance(1_000);
    const second = await desk.claimOne("w");
    await desk.store.report("w", second, '"half"');
    desk.clock.advance(500);
    await desk.conclude("w", second, { kind: "dead", info: "{}", message: "no\tsuch\nthing" });
    const expected: EndedTask = {
      ...{ id: "a", task: "a task", version: 2, key: "a\tkey", ended: "dead", error: "no\tsuch\nthing" },
      ...{ addedAt: added, startedAt: added + 2_000, endedAt: added + 2_500 },
      ...{ attempts: 2, deliveries: 2, worker: "w" },
    };
    expect(await told(desk)).toEqual([expected]);
  });

  test("has each end there is, by whatever way it comes", async ({ desk }) => {
    await end(desk, "done");
    await end(desk, "with result", { kind: "done", result: { json: "1" } });
    await end(desk, "dead", { kind: "dead", info: "{}", message: "why" });
    await desk.add("waiting");
    await desk.store.cancel("waiting");
    for (const outcome of [
      { kind: "done" },
      { kind: "retry", ms: 1 },
      { kind: "park", at: 1 },
      { kind: "return" },
      { kind: "aside" },
    ] as const) {
      await desk.add(outcome.kind);
      const claim = await desk.claimOne("w");
      await desk.store.cancel(outcome.kind);
      await desk.conclude("w", claim, outcome);
    }
    await desk.add("replaced", { key: "k" });
    const claim = await desk.claimOne("w");
    await desk.store.replace(newTask("replacement", { key: "k" }));
    await desk.conclude("w", claim, { kind: "retry", ms: 1 });
    await desk.runAll("w");
    expect(how(await told(desk)).sort()).toEqual([
      "aside cancelled",
      "dead dead",
      // It heard too late, and so was done; none can tell whether before or after.
      "done cancelled",
      "park cancelled",
      "replaced replaced",
      "replacement done",
      "retry cancelled",
      "return cancelled",
      "waiting cancelled",
      "with result done",
    ]);
  });

  test("has what was cancelled as its worker was lost, left, or never heard of it", async ({ desk }) => {
    const added = desk.clock.now();
    await desk.add("lost");
    await desk.claimOne("w", { leaseMs: 1_000 });
    await desk.store.cancel("lost");
    desk.clock.advance("1s");
    await desk.settle("v");
    await desk.sleep("u");
    await desk.add("unread");
    await desk.store.cancel("unread");
    await desk.bye("u");
    await desk.add("unheard");
    await desk.claimOne("v");
    await desk.store.cancel("unheard");
    await desk.settle("v", { answered: 0 });
    expect(how(await told(desk))).toEqual(["unread cancelled", "unheard cancelled", "lost cancelled"]);
    expect(await told(desk, { id: "lost" })).toMatchObject([
      { worker: "w", startedAt: added, endedAt: added + 1_000, attempts: 1, deliveries: 1 },
    ]);
  });

  test("has what was cancelled before it ran, and between two runs", async ({ desk }) => {
    await desk.add("never ran", { due: { kind: "in", ms: 1_000 } });
    await desk.store.cancel("never ran");
    await desk.add("failed once");
    await desk.conclude("w", await desk.claimOne("w"), { kind: "retry", ms: 1_000 });
    await desk.store.cancel("failed once");
    await desk.add("put off");
    await desk.conclude("w", await desk.claimOne("w"), { kind: "park", at: desk.clock.now() + 1 });
    await desk.store.cancel("put off");
    const nowhere = { startedAt: undefined, worker: undefined, error: undefined, ended: "cancelled" };
    expect(await told(desk)).toMatchObject([
      { id: "put off", attempts: 0, deliveries: 1, ...nowhere },
      { id: "never ran", attempts: 0, deliveries: 0, ...nowhere },
      { id: "failed once", attempts: 1, deliveries: 1, ...nowhere },
    ]);
  });

  test("has the last end of a task that lived again, and what its letter's discarding made of it", async ({
    desk,
  }) => {
    const died = { kind: "dead", info: "{}", message: "why" } as const;
    await end(desk, "lives again", died);
    await desk.store.replay("lives again");
    await desk.conclude("w", await desk.claimOne("w"), { kind: "done" });
    await end(desk, "thrown away", died);
    const [death] = await told(desk, { id: "thrown away" });
    desk.clock.advance(1_000);
    expect(await desk.store.discard("thrown away")).toBe(true);
    expect(await desk.store.discard("thrown away")).toBe(false);
    expect(how(await told(desk))).toEqual(["thrown away discarded", "lives again done"]);
    expect(await told(desk, { ended: "discarded" })).toEqual([
      { ...death, ended: "discarded", endedAt: desk.clock.now() },
    ]);
    expect(await told(desk, { id: "lives again" })).toMatchObject([{ deliveries: 2, attempts: 1 }]);
  });

  test("says of a letter that outlived it what is known without it", async ({ desk }) => {
    const added = desk.clock.now();
    await desk.add("a", { key: "k" });
    await desk.conclude("w", await desk.claimOne("w"), { kind: "dead", info: "{}", message: "why" });
    for (let n = 0; n < 100; n += 1) await end(desk, `later ${String(n)}`);
    expect(await told(desk, { id: "a" })).toEqual([]);
    desk.clock.advance(1);
    await desk.store.discard("a");
    expect(await told(desk, { id: "a" })).toEqual([
      {
        ...{ id: "a", task: "task", version: 1, key: "k", ended: "discarded", error: undefined },
        ...{ addedAt: added, startedAt: undefined, endedAt: added + 1 },
        ...{ attempts: undefined, deliveries: 1, worker: undefined },
      },
    ]);
  });

  test("has each of a batch with an end of its own", async ({ desk }) => {
    const batch = { most: 3, withinMs: 1_000, task: "task", of: "" };
    for (const id of ["a", "b", "c"]) await desk.add(id, { batch });
    const leader = await desk.claimOne("w");
    const others = await desk.gather("w", leader);
    const outcomes = [
      { kind: "done" },
      { kind: "dead", info: "{}", message: "why" },
      { kind: "done", result: { json: "1" } },
    ] as const;
    await desk.settle("w", {
      settlements: [leader, ...others].map((claim, at) =>
        settlement(claim, outcomes[at] ?? { kind: "return" }),
      ),
    });
    expect(how(await told(desk))).toEqual(["c done", "b dead", "a done"]);
  });

  test("is newest first, and what ended at one time by id, backwards; read in pages, nothing twice", async ({
    desk,
  }) => {
    const names = Array.from({ length: 60 }, (_, at) => `t${String(at).padStart(2, "0")}`);
    await desk.store.add(names.map((id) => newTask(id)));
    for (let from = 0; from < 60; from += 20) {
      const claims = await desk.claim("w", 20);
      await desk.settle("w", { settlements: claims.map((claim) => settlement(claim, { kind: "done" })) });
      desk.clock.advance(1);
    }
    const all = (await told(desk)).map(({ id }) => id);
    expect(all).toEqual(names.toReversed());
    for (const most of [1, 7, 20, 60])
      expect((await told(desk, { most })).map(({ id }) => id)).toEqual(names.toReversed());
    const at = desk.clock.now() - 2; // of the twenty in the middle
    const { ended } = await desk.store.recent({ most: 5, before: { endedAt: at } });
    expect(ended.map(({ id }) => id)).toEqual(names.slice(15, 20).toReversed());
    expect((await desk.store.recent({ most: 5, before: { endedAt: at - 100 } })).ended).toEqual([]);
  });

  test("can be asked for one task, key or ending; of a task all versions", async ({ desk }) => {
    await desk.hello("w", ["one", "one@2", "other"]);
    for (const [id, spec] of [
      ["a", { name: "one" }],
      ["b", { name: "one", version: 2, key: "k" }],
      ["c", { name: "other", key: "k" }],
    ] as const) {
      await desk.add(id, spec);
      await desk.conclude(
        "w",
        await desk.claimOne("w"),
        id === "a" ? { kind: "dead", info: "{}" } : { kind: "done" },
      );
      desk.clock.advance(1);
    }
    expect(how(await told(desk, { task: "one" }))).toEqual(["b done", "a dead"]);
    expect(how(await told(desk, { key: "k" }))).toEqual(["c done", "b done"]);
    expect(how(await told(desk, { ended: "dead" }))).toEqual(["a dead"]);
    expect(how(await told(desk, { task: "one", key: "k", ended: "done", most: 1 }))).toEqual(["b done"]);
    expect(how(await told(desk, { id: "b", task: "other" }))).toEqual([]);
    expect(how(await told(desk, { task: "o" }))).toEqual([]);
  });

  test("keeps the newest, as many as it says, and none for longer", async ({ desk }) => {
    for (let n = 0; n < 120; n += 1) {
      await end(desk, String(n));
      desk.clock.advance(1_000);
    }
    expect((await told(desk)).map(({ id }) => id)).toEqual(
      Array.from({ length: 100 }, (_, at) => String(119 - at)),
    );
    expect(await desk.store.state("119")).toBe("done");
    desk.clock.advance(19 * MINUTE);
    expect(await told(desk)).toHaveLength(59);
    desk.clock.advance(MINUTE);
    expect(await told(desk)).toEqual([]);
    expect(await told(desk, { id: "119" })).toEqual([]);
    expect(await desk.store.state("119")).toBe("unknown");
  });

  test("keeps one that ends again as long as others that ended then", async ({ desk }) => {
    await end(desk, "again", { kind: "dead", info: "{}" });
    for (let n = 0; n < 99; n += 1) {
      desk.clock.advance(1);
      await end(desk, `other ${String(n)}`);
    }
    await desk.store.replay("again");
    await desk.conclude("w", await desk.claimOne("w"), { kind: "done" });
    await end(desk, "one more");
    expect(how(await told(desk, { id: "again" }))).toEqual(["again done"]);
    expect(await told(desk, { id: "other 0" })).toEqual([]);
  });

  test("lets a task be asked for how it ended, without a result, and for longer than results are kept", async ({
    desk,
  }) => {
    await end(desk, "done");
    await desk.add("cancelled");
    await desk.store.cancel("cancelled");
    await end(desk, "dead", { kind: "dead", info: "{}" });
    await desk.add("replaced", { key: "k" });
    const claim = await desk.claimOne("w");
    await desk.store.replace(newTask("replacement", { key: "k", due: { kind: "in", ms: 40 * MINUTE } }));
    await desk.conclude("w", claim, { kind: "retry", ms: 1 });
    desk.clock.advance(20 * MINUTE - 1);
    expect(await desk.store.state("done")).toBe("done");
    expect(await desk.store.state("replaced")).toBe("cancelled");
    expect(await desk.store.state("cancelled")).toBe("cancelled");
    expect(await desk.store.state("dead")).toBe("dead");
    await desk.store.discard("dead");
    expect(await desk.store.state("dead")).toBe("unknown");
    // Whoever waits for a result is told of results.
    expect(await desk.store.end("done")).toEqual({ kind: "unknown" });
  });

  test("is told once of what is told twice, and not by whoever has lost the lease", async ({ desk }) => {
    await desk.add("a");
    const claim = await desk.claimOne("w", { leaseMs: 1_000 });
    desk.clock.advance("1s");
    const again = await desk.claimOne("v");
    await desk.conclude("w", claim, { kind: "dead", info: "{}" });
    expect(await told(desk)).toEqual([]);
    await desk.conclude("v", again, { kind: "done" });
    const before = await told(desk);
    desk.clock.advance("1s");
    await desk.conclude("v", again, { kind: "done" });
    expect(await told(desk)).toEqual(before);
    expect(before).toMatchObject([{ id: "a", worker: "v", deliveries: 2, attempts: 1 }]);
  });
});

onBothStores("without a history", () => {
  test("nothing is told, and nothing kept", async ({ desk }) => {
    await end(desk, "done");
    await end(desk, "dead", { kind: "dead", info: "{}" });
    await desk.store.discard("dead");
    await desk.add("cancelled");
    await desk.store.cancel("cancelled");
    expect(await told(desk)).toEqual([]);
    expect(await desk.store.state("done")).toBe("unknown");
  });
});
