import { expect } from "vitest";
import type { Claim } from "../../src/store/store.js";
import { ids, LEASE, newTask, only, onBothStores, test, type Desk } from "../desk.js";

function limit(most = 1, key = "k") {
  return { most, task: "task", key };
}

/** Adds as many under one limit as names are given. */
async function addAll(desk: Desk, names: readonly string[], most = 1): Promise<void> {
  await desk.store.add(names.map((id) => newTask(id, { key: id, limit: limit(most) })));
}

/** The runs that a test holds, ended by name. */
class Runs {
  readonly #desk: Desk;
  readonly #claims = new Map<string, Claim>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  async start(want = 9): Promise<string[]> {
    const claims = await this.#desk.claim("w", want);
    for (const claim of claims) this.#claims.set(claim.id, claim);
    return ids(claims);
  }

  of(id: string): Claim {
    const claim = this.#claims.get(id);
    if (claim === undefined) throw new Error(`${id} doesn't run`);
    return claim;
  }

  async end(id: string): Promise<void> {
    await this.#desk.finish("w", this.of(id));
  }
}

onBothStores("a limit of runs at once", () => {
  test("lets as many run as it says, in order; other keys, and what has none, go on", async ({ desk }) => {
    const runs = new Runs(desk);
    await addAll(desk, ["a", "b", "c", "d", "e"], 2);
    await desk.store.add([newTask("other", { limit: limit(1, "other") }), newTask("free")]);
    expect(await runs.start()).toEqual(["a", "b", "other", "free"]);
    expect(await desk.store.snapshot()).toMatchObject({ held: 3, waiting: 0, running: 4 });
    await runs.end("b");
    expect(await runs.start()).toEqual(["c"]);
    await runs.end("a");
    await runs.end("c");
    expect(await runs.start()).toEqual(["d", "e"]);
  });

  test("counts runs over all workers", async ({ desk }) => {
    await addAll(desk, ["a", "b", "c"], 2);
    expect(ids(await desk.claim("v", 1))).toEqual(["a"]);
    expect(ids(await desk.claim("w", 9))).toEqual(["b"]);
    expect(await desk.claim("v", 9)).toEqual([]);
  });

  test("gives what the end of a run lets start to the one that ended it, in the same call", async ({
    desk,
  }) => {
    const runs = new Runs(desk);
    await addAll(desk, ["a", "b"]);
    await runs.start();
    const { claims } = await desk.conclude("w", runs.of("a"), { kind: "done" }, { want: 1 });
    expect(ids(claims)).toEqual(["b"]);
  });

  test("hands it to a sleeping worker where the other wants nothing more", async ({ desk }) => {
    const runs = new Runs(desk);
    await addAll(desk, ["a", "b"]);
    await runs.start(1);
    await desk.sleep("v", 1);
    expect((await desk.messages("v")).filter(({ kind }) => kind === "task")).toEqual([]);
    await runs.end("a");
    expect(ids(await desk.hear("v", 1))).toEqual(["b"]);
  });

  test("has nobody overtaken: not by what comes, nor by what is let through after", async ({ desk }) => {
    const runs = new Runs(desk);
    await addAll(desk, ["a", "b", "c", "d", "e", "f"], 2);
    await desk.add("between");
    expect(await runs.start()).toEqual(["a", "b", "between"]);
    await addAll(desk, ["late"], 2);
    // Nobody takes them meanwhile: both stand in line when the second is let through.
    await runs.end("a");
    await runs.end("b");
    expect(await runs.start(1)).toEqual(["c"]);
    await runs.end("c");
    expect(await runs.start(3)).toEqual(["d", "e"]);
    await runs.end("d");
    await runs.end("e");
    expect(await runs.start(3)).toEqual(["f", "late"]);
  });

  test.for([
    { kind: "retry", ms: 60_000 },
    { kind: "park", at: 1 },
    { kind: "dead", info: "{}" },
    { kind: "aside" },
  ] as const)("is left by a run that ends as $kind", async (outcome, { desk }) => {
    const runs = new Runs(desk);
    await addAll(desk, ["a", "b"]);
    expect(await runs.start(1)).toEqual(["a"]);
    await desk.hello("v", []);
    await desk.conclude("w", runs.of("a"), outcome);
    expect(ids(await desk.claim("v", 9))).toEqual(["b"]);
  });

  test("holds a retry like any other; a parked task has no place", async ({ desk }) => {
    const runs = new Runs(desk);
    await addAll(desk, ["a", "b"]);
    await runs.start();
    await desk.conclude("w", runs.of("a"), { kind: "retry", ms: 1_000 });
    expect(await runs.start()).toEqual(["b"]);
    desk.clock.advance("1s");
    expect(await runs.start()).toEqual([]);
    await runs.end("b");
    expect(await runs.start()).toEqual(["a"]);
  });

  test("handed back, a task is the next all the same", async ({ desk }) => {
    const runs = new Runs(desk);
    await addAll(desk, ["a", "b", "c"]);
    await runs.start();
    await desk.conclude("w", runs.of("a"), { kind: "return" });
    expect(await runs.start()).toEqual(["a"]);
    await runs.end("a");
    expect(await runs.start()).toEqual(["b"]);
  });

  test("is free again when the lease of a lost worker ends, and nobody has to ask before", async ({
    desk,
  }) => {
    await addAll(desk, ["a", "b"]);
    await desk.claim("lost", 1);
    expect(await desk.sleep("w", 2)).toMatchObject({ claims: [], nextMs: LEASE });
    desk.clock.advance(LEASE);
    const { claims } = await desk.sleep("w", 2);
    expect(claims.map(({ id, lost }) => [id, lost])).toEqual([["a", 1]]);
    await desk.finish("w", only(claims));
    expect(ids(await desk.claim("w", 9))).toEqual(["b"]);
  });

  test("is free again when a call that claimed was never answered, and when a worker leaves", async ({
    desk,
  }) => {
    await desk.hello("w");
    await addAll(desk, ["a", "b"]);
    await desk.settle("w", { want: 1, call: 1, answered: 0 });
    const { claims } = await desk.settle("w", { want: 1, call: 2, answered: 0 });
    expect(claims.map(({ id }) => id)).toEqual(["a"]);
    await desk.sleep("v", 1);
    await desk.finish("w", only(claims));
    await desk.bye("v");
    expect(ids(await desk.claim("w", 9))).toEqual(["b"]);
  });

  test("survives the end of its holder by cancel, whether that runs, waits or is held", async ({ desk }) => {
    const runs = new Runs(desk);
    await addAll(desk, ["a", "b", "c", "d"]);
    await runs.start();
    expect(await desk.store.cancel("b")).toBe("cancelled");
    expect(await desk.store.cancel("a")).toBe("running");
    expect(await runs.start()).toEqual([]);
    await desk.conclude("w", runs.of("a"), { kind: "return" });
    // "c" was let through, and goes before it starts: its place is the next one's.
    expect(await desk.store.snapshot()).toMatchObject({ held: 1, waiting: 1 });
    expect(await desk.store.cancel("c")).toBe("cancelled");
    expect(await runs.start()).toEqual(["d"]);
  });

  test("survives the replacement of its holder, and of what it holds", async ({ desk }) => {
    const runs = new Runs(desk);
    await addAll(desk, ["a", "b", "c"]);
    await runs.start();
    await desk.store.replace(newTask("after a", { key: "a", limit: limit() }));
    await desk.store.replace(newTask("x", { key: "b", limit: limit(), payload: '"new"' }));
    await desk.store.replace(newTask("y", { key: "c", limit: limit(1, "another") }));
    expect(await runs.start()).toEqual(["c"]);
    await desk.conclude("w", runs.of("a"), { kind: "retry", ms: 1 });
    expect(await runs.start()).toEqual(["b"]);
    expect(runs.of("b").stored?.payload).toBe('"new"');
    await runs.end("b");
    expect(await runs.start()).toEqual(["after a"]);
  });

  test("is what the task says whose turn comes: another one after a deployment counts at once", async ({
    desk,
  }) => {
    const runs = new Runs(desk);
    await addAll(desk, ["a", "b"], 3);
    await addAll(desk, ["c", "d"], 1);
    await addAll(desk, ["e", "f", "g"], 3);
    expect(await runs.start()).toEqual(["a", "b"]);
    await runs.end("a");
    expect(await runs.start()).toEqual([]);
    await runs.end("b");
    expect(await runs.start()).toEqual(["c"]);
    await runs.end("c");
    expect(await runs.start()).toEqual(["d", "e", "f"]);
  });

  test("isn't kept by one that is struck, or paused, when its turn comes", async ({ desk }) => {
    const runs = new Runs(desk);
    await addAll(desk, ["a", "b", "c"]);
    await desk.store.add([
      newTask("d", { limit: limit(), group: { name: "g", rate: undefined } }),
      newTask("e", { limit: limit() }),
    ]);
    await runs.start();
    const where = '{"n":1}';
    await desk.store.replace(newTask("x", { key: "b", limit: limit(), payload: where }));
    await desk.store.strike({ task: "task", where }, "because");
    await desk.store.pause(["g"], { kind: "in", ms: 60_000 }, "because");
    await runs.end("a");
    expect(await runs.start()).toEqual(["c"]);
    await runs.end("c");
    expect(await runs.start()).toEqual(["e"]);
    await desk.store.restore({ task: "task", where });
    await desk.store.resume(["g"]);
    expect(await runs.start()).toEqual([]);
    await runs.end("e");
    expect(await desk.runAll("w")).toEqual(["b", "d"]);
  });

  test("together with a rate starts no more than either allows, and counts no start that wasn't one", async ({
    desk,
  }) => {
    const runs = new Runs(desk);
    const group = { name: "g", rate: { limit: 2, perMs: 10_000 } };
    await desk.store.add(["a", "b", "c"].map((id) => newTask(id, { group, limit: limit() })));
    expect(await runs.start()).toEqual(["a"]);
    await runs.end("a");
    expect(await runs.start()).toEqual(["b"]);
    await runs.end("b");
    expect(await runs.start()).toEqual([]);
    desk.clock.advance("10s");
    expect(await runs.start()).toEqual(["c"]);
  });

  test("keeps the order of each serial key", async ({ desk }) => {
    const runs = new Runs(desk);
    await desk.store.add(
      ["s1", "t1", "s2", "t2"].map((id) => newTask(id, { serial: id.slice(0, 1), limit: limit() })),
    );
    const order: string[] = [];
    for (let [id] = await runs.start(); id !== undefined; [id] = await runs.start()) {
      order.push(id);
      await runs.end(id);
    }
    expect(order.filter((id) => id.startsWith("s"))).toEqual(["s1", "s2"]);
    expect(order.filter((id) => id.startsWith("t"))).toEqual(["t1", "t2"]);
  });

  test("is a dead letter's too when it lives again, and another one's when its payload is edited", async ({
    desk,
  }) => {
    const runs = new Runs(desk);
    for (const id of ["a", "b"]) {
      await desk.add(id, { limit: limit() });
      await runs.start();
      await desk.conclude("w", runs.of(id), { kind: "dead", info: "{}" });
    }
    await desk.add("c", { limit: limit() });
    expect(await runs.start()).toEqual(["c"]);
    await desk.store.replay("a");
    await desk.store.replay("b", { serial: "", group: undefined, limit: limit(1, "l"), payload: "{}" });
    expect(await runs.start()).toEqual(["b"]);
    await runs.end("c");
    expect(await runs.start()).toEqual(["a"]);
  });

  test("that holds hundreds lets them through one by one, each once, in order", async ({ desk }) => {
    const names = Array.from({ length: 450 }, (_, at) => `t${String(at).padStart(3, "0")}`);
    await addAll(desk, names, 3);
    expect(await desk.runAll("w")).toEqual(names);
  });

  test("never has more run than it says, whatever becomes of them, and leaves none behind", async ({
    desk,
  }) => {
    const most = 3;
    await desk.store.add(
      Array.from({ length: 60 }, (_, n) => newTask(`t${String(n).padStart(2, "0")}`, { limit: limit(most) })),
    );
    let running: { worker: string; claim: Claim }[] = [];
    for (let step = 0; (await desk.store.snapshot()).tasks["task"] !== undefined && step < 600; step += 1) {
      const worker = step % 2 === 0 ? "v" : "w";
      for (const claim of await desk.claim(worker, 1 + (step % 4))) running.push({ worker, claim });
      expect(running.length).toBeLessThanOrEqual(most);
      const [first, ...others] = running;
      if (first === undefined) desk.clock.advance("1s");
      else {
        const kinds = [
          { kind: "done" },
          { kind: "return" },
          { kind: "retry", ms: 500 },
          { kind: "done" },
        ] as const;
        await desk.conclude(first.worker, first.claim, kinds[step % 4] ?? { kind: "done" });
        running = others;
      }
    }
    expect(await desk.store.snapshot()).toMatchObject({ held: 0, waiting: 0, running: 0, delayed: 0 });
  });
});
