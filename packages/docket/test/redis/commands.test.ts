import { describe, expect } from "vitest";
import { z } from "zod";
import { defineTask, type KeepOptions, type Task } from "../../src/index.js";
import { readRetention } from "../../src/store/retention.js";
import { signal } from "../signal.js";
import { until } from "../until.js";
import { test, type Harbour } from "./harbour.js";
import { Monitor } from "./monitor.js";

/** Long enough that any polling loop of a queue would show. */
const IDLE_MS = 5_000;

async function idleFor(ms: number): Promise<void> {
  const began = performance.now();
  await until("the time is over", () => performance.now() - began >= ms);
}

function tasks(count: number, ran: unknown[]): [Task<number, undefined>, ...Task<number, undefined>[]] {
  const define = (at: number): Task<number, undefined> =>
    defineTask<undefined>()({
      name: `task ${String(at)}`,
      payload: z.number(),
      run: (n) => Promise.resolve(ran.push(n)),
    });
  return [define(0), ...Array.from({ length: count - 1 }, (_, at) => define(at + 1))];
}

async function measure(harbour: Harbour, types: number): Promise<{ task: string[]; idle: string[] }> {
  const ran: unknown[] = [];
  const known = tasks(types, ran);
  const docket = await harbour.open(undefined, known);
  await harbour.worker(docket);
  // The first one loads the scripts.
  await docket.add(known[0], 0);
  await until("it has run", () => ran.length === 1);
  await until("it is settled", async () => (await docket.snapshot()).running === 0);
  await using monitor = await Monitor.start(harbour.server.url);
  const idle: string[] = [];
  const task: string[] = [];
  await monitor.taken();
  await idleFor(IDLE_MS / 2);
  idle.push(...(await monitor.taken()));
  await docket.add(known[0], 1);
  await monitor.sees("settle");
  task.push(...(await monitor.taken()));
  await idleFor(IDLE_MS / 2);
  idle.push(...(await monitor.taken()));
  expect(ran).toEqual([0, 1]);
  return { task, idle };
}

// Not concurrent with each other: MONITOR sees all that the server is sent.
describe.each([1, 50])("with %i task types and one worker", (types) => {
  test("an idle worker sends nothing, and an isolated task costs three commands: add, the next read, settle (incident 1)", async ({
    harbour,
  }) => {
    const { task, idle } = await measure(harbour, types);
    expect(idle).toEqual([]);
    expect(task.sort()).toEqual(["add", "blpop", "settle"]);
  });
});

/** How many commands Redis carries out for an isolated task, those of scripts among them. */
async function carriedOut(
  harbour: Harbour,
  task: Task<number, undefined>,
  ran: unknown[],
  history?: KeepOptions,
): Promise<number> {
  const docket = await harbour.open(undefined, [task], { history });
  const worker = docket.worker();
  await worker.start();
  // The first one loads the scripts.
  await docket.add(task, 0);
  await until("it has run", () => ran.length === 1);
  await until("it is settled", async () => (await docket.snapshot()).running === 0);
  await using monitor = await Monitor.start(harbour.server.url, readRetention({ history }));
  await monitor.taken();
  await docket.add(task, 1);
  await monitor.sees("settle");
  const sent = await monitor.taken();
  expect(sent).toHaveLength(3);
  expect(monitor.inScripts).toBeGreaterThan(0);
  const carried = sent.length + monitor.inScripts;
  await worker.stop();
  return carried;
}

test("an isolated task has at most 20 commands carried out, those of scripts among them", async ({
  harbour,
}) => {
  const ran: unknown[] = [];
  const [task] = tasks(1, ran);
  expect(await carriedOut(harbour, task, ran)).toBeLessThanOrEqual(20);
});

test("with a history it has no more sent, and four more carried out; two more where that is full", async ({
  harbour,
}) => {
  const ran: unknown[] = [];
  const [task] = tasks(1, ran);
  const without = await carriedOut(harbour, task, ran);
  ran.length = 0;
  expect(await carriedOut(harbour, task, ran, {})).toBe(without + 4);
  ran.length = 0;
  expect(await carriedOut(harbour, task, ran, { most: 1 })).toBe(without + 6);
});

test("so has one whose payload is of a later version", async ({ harbour }) => {
  const ran: unknown[] = [];
  const later = defineTask<undefined>()({
    name: "later",
    version: 2,
    payload: z.number(),
    upgrade: () => 0,
    run: (n) => Promise.resolve(ran.push(n)),
  });
  expect(await carriedOut(harbour, later, ran)).toBeLessThanOrEqual(20);
});

test("a worker that drains sends nothing but what it must to keep its leases", async ({ harbour }) => {
  const began = signal();
  const finish = signal();
  const slow = defineTask<undefined>()({
    name: "slow",
    payload: z.null(),
    run: () => {
      began.resolve();
      return finish.promise;
    },
  });
  const docket = await harbour.open(undefined, [slow]);
  const worker = docket.worker();
  await worker.start();
  await docket.add(slow, null);
  await began.promise;
  await using monitor = await Monitor.start(harbour.server.url);
  await monitor.taken();
  const stopping = worker.stop({ drain: "20s" });
  await idleFor(1_000);
  expect(await monitor.taken()).toEqual(["settle"]);
  finish.resolve();
  await stopping;
  expect(await monitor.taken()).toEqual(["settle", "bye"]);
});

test("what falls together travels together", async ({ harbour }) => {
  const ran: unknown[] = [];
  const known = tasks(1, ran);
  const docket = await harbour.open(undefined, known);
  await harbour.worker(docket);
  await docket.add(known[0], -1);
  await until("it has run", () => ran.length === 1);
  await using monitor = await Monitor.start(harbour.server.url);
  await monitor.taken();
  await Promise.all(Array.from({ length: 200 }, (_, n) => docket.add(known[0], n)));
  await until("all have run", () => ran.length === 201);
  const sent = await monitor.taken();
  expect(sent.filter((command) => command === "add")).toHaveLength(1);
  // At concurrency 10: at least 20 rounds that settle and claim, and a few reads; far from 3 commands a task.
  expect(sent.length).toBeLessThan(60);
});

test("large payloads travel in calls that a hosted Redis takes, and keep their order", async ({
  harbour,
}) => {
  const ran: string[] = [];
  const read = defineTask<undefined>()({
    name: "read",
    payload: z.string(),
    run: (text) => Promise.resolve(ran.push(text.slice(0, 1))),
  });
  const docket = await harbour.open(undefined, [read]);
  await docket.find(["nothing"]);
  await using monitor = await Monitor.start(harbour.server.url);
  await monitor.taken();
  await docket.addMany(
    read,
    Array.from({ length: 9 }, (_, at) => `${String(at)}${"x".repeat(200_000)}`),
  );
  // Two of 200 kB fit into the 512 kB of one call.
  expect(await monitor.taken()).toEqual(["add", "add", "add", "add", "add"]);
  const worker = docket.worker({ concurrency: 1 });
  await worker.runUntilIdle();
  expect(ran.join("")).toBe("012345678");
});

test("a task of a paused group costs its add alone until the pause is over, and nothing asks for it meanwhile", async ({
  harbour,
}) => {
  const ran: unknown[] = [];
  const grouped = defineTask<undefined>()({
    name: "grouped",
    payload: z.number(),
    group: () => "g",
    run: (n) => Promise.resolve(ran.push(n)),
  });
  const docket = await harbour.open(undefined, [grouped]);
  await harbour.worker(docket);
  await docket.add(grouped, 0);
  await until("the first has run", () => ran.length === 1);
  await until("it is settled", async () => (await docket.snapshot()).running === 0);
  await docket.pause("g", "1h", "away");
  await docket.add(grouped, 1);
  await until("it is held", async () => (await docket.snapshot()).held === 1);
  await using monitor = await Monitor.start(harbour.server.url);
  await idleFor(500);
  await monitor.taken();
  for (let n = 2; n < 100; n += 1) await docket.add(grouped, n);
  await idleFor(1_000);
  const sent = await monitor.taken();
  expect(sent).toEqual(Array.from({ length: 98 }, () => "add"));
  expect(await docket.resume("g")).toBe(1);
  await until("all have run", () => ran.length === 100);
  expect(ran).toEqual(Array.from({ length: 100 }, (_, n) => n));
});

test("tasks held behind a limit cost their adds alone, and the end of a run lets the next start", async ({
  harbour,
}) => {
  const ends = Array.from({ length: 20 }, () => signal());
  const ran: number[] = [];
  const single = defineTask<undefined>()({
    name: "single",
    payload: z.number(),
    concurrency: 1,
    run: (n) => {
      ran.push(n);
      return ends[n]?.promise ?? Promise.resolve();
    },
  });
  const docket = await harbour.open(undefined, [single]);
  await harbour.worker(docket);
  await docket.add(single, 0);
  await docket.add(single, 1);
  await until("the second is held", async () => (await docket.snapshot()).held === 1);
  await using monitor = await Monitor.start(harbour.server.url);
  await idleFor(500);
  await monitor.taken();
  for (let n = 2; n < 20; n += 1) await docket.add(single, n);
  await idleFor(500);
  const sent = (await monitor.taken()).filter((command) => command !== "renew");
  expect(sent).toEqual(Array.from({ length: 18 }, () => "add"));
  for (const end of ends) end.resolve();
  await until("all have run", () => ran.length === 20);
  expect(ran).toEqual(Array.from({ length: 20 }, (_, n) => n));
});
