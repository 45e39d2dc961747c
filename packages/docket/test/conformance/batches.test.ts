import { expect } from "vitest";
import type { Batching } from "../../src/store/batching.js";
import type { Claim } from "../../src/store/store.js";
import { ids, LEASE, newTask, only, onBothStores, test, type Desk, type TaskSpec } from "../desk.js";

const WITHIN = 1_000;
/** A leader that is claimed gathers its others at once; after so long nobody waits for that any more. */
const GATHER = 5_000;

function batch(most = 3, of = "k"): Batching {
  return { most, withinMs: WITHIN, task: "task", of };
}

async function addAll(desk: Desk, names: readonly string[], spec: TaskSpec = { batch: batch() }) {
  await desk.store.add(names.map((id) => newTask(id, { key: id, ...spec })));
}

/** The whole batch that the worker is given, if there is one. */
async function runs(desk: Desk, worker = "w", most = 3): Promise<readonly Claim[]> {
  const [leader] = await desk.claim(worker, 1);
  return leader === undefined ? [] : [leader, ...(await desk.gather(worker, leader, most - 1))];
}

async function end(desk: Desk, claims: readonly Claim[], worker = "w"): Promise<void> {
  for (const claim of claims) await desk.finish(worker, claim);
}

onBothStores("a batch", () => {
  test("waits for its time from when the turn of its first comes, and is given together, in order", async ({
    desk,
  }) => {
    await addAll(desk, ["a"]);
    expect((await desk.sleep("w", 1)).nextMs).toBe(WITHIN);
    desk.clock.advance(WITHIN - 1);
    await addAll(desk, ["b"]);
    expect((await desk.sleep("w", 1)).nextMs).toBe(1);
    expect(await desk.store.snapshot()).toMatchObject({ held: 2, waiting: 0, running: 0 });
    desk.clock.advance(1);
    const claims = await runs(desk);
    expect(ids(claims)).toEqual(["a", "b"]);
    expect(claims).toMatchObject([
      { attempt: 1, delivery: 1, stored: { key: "a" } },
      { attempt: 1, delivery: 1, stored: { key: "b" } },
    ]);
    await end(desk, claims);
    expect(await desk.store.snapshot()).toMatchObject({ held: 0, waiting: 0, running: 0 });
  });

  test("is given at once when as many stand there as may run together; the others wait on", async ({
    desk,
  }) => {
    await addAll(desk, ["a", "b", "c", "d", "e", "f", "g"]);
    const [first, second] = [await runs(desk), await runs(desk)];
    expect([ids(first), ids(second)]).toEqual([
      ["a", "b", "c"],
      ["d", "e", "f"],
    ]);
    expect(await runs(desk)).toEqual([]);
    desk.clock.advance(WITHIN);
    expect(ids(await runs(desk))).toEqual(["g"]);
  });

  test("is never more than its worker asks for, nor than is there", async ({ desk }) => {
    await addAll(desk, ["a", "b", "c"]);
    expect(ids(await runs(desk, "w", 2))).toEqual(["a", "b"]);
    desk.clock.advance(WITHIN);
    expect(ids(await runs(desk))).toEqual(["c"]);
  });

  test("is of tasks that share something; others, and what runs by itself, have nothing to do with it", async ({
    desk,
  }) => {
    await desk.store.add([
      newTask("a1", { batch: batch(2, "a") }),
      newTask("b1", { batch: batch(2, "b") }),
      newTask("free"),
      newTask("a2", { batch: batch(2, "a") }),
    ]);
    const claims = await desk.claim("w", 9);
    expect(ids(claims)).toEqual(["free", "a1"]);
    expect(ids(await desk.gather("w", claims[1] ?? only([])))).toEqual(["a2"]);
    desk.clock.advance(WITHIN);
    expect(ids(await runs(desk))).toEqual(["b1"]);
  });

  test("comes to a sleeping worker, and of the next one another is told", async ({ desk }) => {
    await desk.sleep("v", 1);
    await desk.sleep("w", 1);
    await addAll(desk, ["a", "b", "c", "d", "e", "f"]);
    const given = new Map<string, readonly Claim[]>();
    for (const worker of ["w", "v"])
      for (const message of await desk.messages(worker))
        if (message.kind === "task") given.set(worker, [message.claim]);
    const [[worker, [leader]] = ["", []]] = [...given];
    if (leader === undefined) throw new Error("nobody was given it");
    expect(ids([leader, ...(await desk.gather(worker, leader, 2))])).toEqual(["a", "b", "c"]);
    const other = worker === "v" ? "w" : "v";
    const next = only(await desk.hear(other, 1));
    expect(ids([next, ...(await desk.gather(other, next, 2))])).toEqual(["d", "e", "f"]);
  });

  test("is led by the next when its first is cancelled, before its turn or after", async ({ desk }) => {
    await addAll(desk, ["a", "b", "c", "d"], { batch: batch(9) });
    expect(await runs(desk)).toEqual([]);
    expect(await desk.store.cancel("a")).toBe("cancelled");
    desk.clock.advance(WITHIN);
    // The first is let through, and nobody has room for it.
    expect(await desk.claim("w", 0)).toEqual([]);
    expect(await desk.store.snapshot()).toMatchObject({ waiting: 1, held: 2 });
    expect(await desk.store.cancel("b")).toBe("cancelled");
    expect(await desk.store.snapshot()).toMatchObject({ waiting: 1, held: 1 });
    expect(ids(await runs(desk))).toEqual(["c", "d"]);
  });

  test("is led by the next when the one that was let through is struck or paused", async ({ desk }) => {
    const group = (name: string): TaskSpec => ({ batch: batch(), group: { name, rate: undefined } });
    await addAll(desk, ["a"], group("g"));
    await addAll(desk, ["b"], { batch: batch(), payload: '{"n":1}' });
    expect(await desk.claim("w", 1)).toEqual([]);
    desk.clock.advance(WITHIN);
    await addAll(desk, ["c", "d", "e"]);
    expect(await desk.claim("w", 0)).toEqual([]);
    expect(await desk.store.snapshot()).toMatchObject({ waiting: 4, held: 1 });
    await desk.store.pause(["g"], { kind: "in", ms: 60_000 }, "");
    await desk.store.strike({ task: "task", where: '{"n":1}' }, "");
    expect(ids(await runs(desk))).toEqual(["c", "d", "e"]);
    await desk.store.resume(["g"]);
    await desk.store.restore({ task: "task", where: '{"n":1}' });
    expect(await runs(desk)).toEqual([]);
    desk.clock.advance(WITHIN);
    expect(ids(await runs(desk))).toEqual(["a", "b"]);
  });

  test("leaves behind what was struck or paused while it stood there", async ({ desk }) => {
    await addAll(desk, ["a", "b"]);
    await addAll(desk, ["c"], { batch: batch(9), group: { name: "g", rate: undefined } });
    await addAll(desk, ["d"], { batch: batch(9), payload: '{"n":1}' });
    expect(await desk.claim("w", 1)).toEqual([]);
    await desk.store.pause(["g"], { kind: "in", ms: 60_000 }, "");
    await desk.store.strike({ task: "task", where: '{"n":1}' }, "");
    desk.clock.advance(WITHIN);
    expect(ids(await runs(desk, "w", 9))).toEqual(["a", "b"]);
    expect(await desk.store.snapshot()).toMatchObject({ held: 2 });
    await desk.store.resume(["g"]);
    await desk.store.restore({ task: "task", where: '{"n":1}' });
    expect(await desk.claim("w", 1)).toEqual([]);
    desk.clock.advance(WITHIN);
    expect(ids(await runs(desk, "w", 9))).toEqual(["c", "d"]);
  });

  test("is given again, to whoever comes, when its worker is lost before it has gathered", async ({
    desk,
  }) => {
    await addAll(desk, ["a", "b", "c"]);
    expect(ids(await desk.claim("lost", 1))).toEqual(["a"]);
    expect(await desk.claim("w", 9)).toEqual([]);
    // Nobody waits for the lost one's lease: the others are given without it.
    desk.clock.advance(GATHER);
    expect(ids(await runs(desk))).toEqual(["b", "c"]);
    desk.clock.advance(LEASE - GATHER);
    expect(await runs(desk)).toEqual([]);
    desk.clock.advance(WITHIN);
    expect(await runs(desk)).toMatchObject([{ id: "a", attempt: 1, delivery: 2, lost: 1 }]);
  });

  test("has somebody awake in time when a sleeping worker that was given its first is lost before it has gathered", async ({
    desk,
  }) => {
    for (const worker of ["v", "w"]) await desk.sleep(worker, 1);
    await addAll(desk, ["a", "b", "c"], { batch: { ...batch(), withinMs: 60_000 } });
    const looks = new Map<string, number>();
    let lost = "";
    for (const worker of ["v", "w"])
      for (const message of await desk.messages(worker)) {
        if (message.kind === "task") lost = worker;
        if (message.kind === "look") looks.set(worker, message.ms);
      }
    const other = lost === "v" ? "w" : "v";
    expect(looks.get(other)).toBe(GATHER);
    desk.clock.advance(GATHER);
    expect(ids(await runs(desk, other))).toEqual(["b", "c"]);
  });

  test("comes back whole when its worker is lost after it has gathered", async ({ desk }) => {
    await addAll(desk, ["a", "b", "c"]);
    await runs(desk, "lost");
    desk.clock.advance(LEASE);
    const again = await runs(desk);
    expect(ids(again)).toEqual(["a", "b", "c"]);
    expect(again).toMatchObject([{ lost: 1 }, { lost: 1 }, { lost: 1 }]);
  });

  test("doesn't have one again that has lost two workers: that begins alone", async ({ desk }) => {
    await addAll(desk, ["a", "b"], { batch: batch(2) });
    for (const worker of ["one", "two"]) {
      expect(await runs(desk, worker)).toHaveLength(2);
      desk.clock.advance(LEASE);
    }
    await desk.claim("w", 0);
    await addAll(desk, ["c"], { batch: batch(2) });
    const alone: Claim[] = [];
    for (let count = 0; count < 3; count += 1) {
      desk.clock.advance("1s");
      alone.push(...(await desk.claim("w", 1)));
    }
    expect(ids(alone).sort()).toEqual(["a", "b", "c"]);
    for (const claim of alone) expect(await desk.gather("w", claim)).toEqual([]);
  });

  test("is handed back by a worker that never heard that it had gathered", async ({ desk }) => {
    await addAll(desk, ["a", "b", "c"]);
    const leader = only(await desk.claim("w", 1));
    await desk.gather("w", leader);
    const { claims } = await desk.settle("w", { answered: 1, want: 9 });
    // Behind the gate once more, uncounted.
    expect(claims).toEqual([]);
    desk.clock.advance(WITHIN);
    expect(await runs(desk)).toMatchObject([
      { id: "b", lost: 0 },
      { id: "c", lost: 0 },
    ]);
    await desk.finish("w", leader);
  });

  test("is led by the next when its first comes to its end without having gathered", async ({ desk }) => {
    await addAll(desk, ["a", "b", "c"]);
    await end(desk, await desk.claim("w", 1));
    expect(ids(await runs(desk))).toEqual(["b", "c"]);
    // So are those that nothing ties.
    await desk.store.add(["d", "e", "f"].map((id) => newTask(id, { batch: batch() })));
    await end(desk, await desk.claim("w", 1));
    expect(ids(await runs(desk))).toEqual(["e", "f"]);
  });

  test("is whole again when its first is handed back, or lay in the inbox of a worker that said goodbye", async ({
    desk,
  }) => {
    await addAll(desk, ["a", "b", "c"]);
    const leader = only(await desk.claim("w", 1));
    await desk.conclude("w", leader, { kind: "return" });
    expect(ids(await runs(desk)).sort()).toEqual(["a", "b", "c"]);
    await desk.sleep("v", 1);
    await addAll(desk, ["d", "e", "f"]);
    await desk.bye("v");
    expect(ids(await runs(desk)).sort()).toEqual(["d", "e", "f"]);
  });

  test("has an end for each: done, tried again, put off, dead", async ({ desk }) => {
    await addAll(desk, ["a", "b", "c", "d"], { batch: batch(4) });
    const [a, b, c, d] = await runs(desk, "w", 4);
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error("no batch");
    await desk.finish("w", a);
    await desk.conclude("w", b, { kind: "retry", ms: 500 });
    await desk.conclude("w", c, { kind: "park", at: desk.clock.now() + 500 });
    await desk.conclude("w", d, { kind: "dead", info: "{}" });
    expect(await desk.store.replay("d")).toBe("replayed");
    desk.clock.advance(500);
    expect(await runs(desk)).toEqual([]);
    desk.clock.advance(WITHIN);
    const again = await runs(desk, "w", 4);
    expect(ids(again).sort()).toEqual(["b", "c", "d"]);
    expect(again.find(({ id }) => id === "b")).toMatchObject({ attempt: 2, delivery: 2 });
  });

  test("gives none to a worker whose lease was lost, nor of a task that runs by itself", async ({ desk }) => {
    await addAll(desk, ["a", "b", "c"]);
    const leader = only(await desk.claim("w", 1));
    expect(await desk.gather("v", leader)).toEqual([]);
    expect(await desk.gather("w", { ...leader, delivery: 2 })).toEqual([]);
    await desk.add("free");
    expect(await desk.gather("w", await desk.claimOne("w"))).toEqual([]);
    expect(ids(await desk.gather("w", leader))).toEqual(["b", "c"]);
  });

  test("has of a key that is replaced the last payload; what it is given with, and how, may change", async ({
    desk,
  }) => {
    await addAll(desk, ["a", "b"]);
    expect(await desk.claim("w", 1)).toEqual([]);
    await desk.store.replace(newTask("a2", { key: "a", batch: batch(), payload: "2" }));
    await desk.store.replace(newTask("b2", { key: "b", batch: batch(3, "other"), payload: "2" }));
    expect(await desk.claim("w", 1)).toEqual([]);
    desk.clock.advance(WITHIN);
    expect([...(await runs(desk)), ...(await runs(desk))]).toMatchObject([
      { id: "b", stored: { payload: "2" } },
      { id: "a", stored: { payload: "2" } },
    ]);
    await addAll(desk, ["c"]);
    expect(await desk.claim("w", 1)).toEqual([]);
    await desk.store.replace(newTask("c2", { key: "c" }));
    expect(ids(await desk.claim("w", 1))).toEqual(["c"]);
  });

  test("takes one place of a limit, that of its first", async ({ desk }) => {
    const spec = { batch: batch(2), limit: { most: 1, task: "task", key: "k" } };
    await addAll(desk, ["a", "b", "c", "d"], spec);
    const first = await runs(desk, "w", 2);
    expect(ids(first)).toEqual(["a", "b"]);
    expect(await runs(desk, "w", 2)).toEqual([]);
    await end(desk, first.toReversed());
    expect(ids(await runs(desk, "w", 2))).toEqual(["c", "d"]);
  });

  test("has its priority: its first stands before what is less urgent", async ({ desk }) => {
    await desk.store.add([newTask("x"), newTask("y")]);
    await addAll(desk, ["a", "b"], { batch: batch(2), priority: "high" });
    const [leader] = await desk.claim("w", 1);
    expect(leader?.id).toBe("a");
  });
});
