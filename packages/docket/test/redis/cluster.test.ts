import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { defineTask, Docket, StoreUnavailable, type Worker } from "../../src/index.js";
import { until } from "../until.js";
import { chore, type Chores } from "./chores.js";
import { Cluster } from "./cluster.js";

const answering = defineTask<Chores>()({
  name: "answering",
  payload: z.number(),
  result: true,
  run: (n) => Promise.resolve(n + 1),
});

let cluster: Cluster;
let stack: AsyncDisposableStack;
let ran: number[];
beforeAll(async () => {
  cluster = await Cluster.start();
});
afterAll(() => cluster[Symbol.asyncDispose]());
beforeEach(() => {
  stack = new AsyncDisposableStack();
  ran = [];
});
afterEach(() => stack.disposeAsync());

async function open(name: string, url = cluster.url): Promise<Docket<Chores>> {
  const services = { run: (n: number) => Promise.resolve(ran.push(n)) };
  const docket = await Docket.open({ url, name, tasks: [chore, answering], services });
  stack.defer(() => docket.close());
  return docket;
}

async function work(docket: Docket<Chores>): Promise<Worker<Chores>> {
  const worker = docket.worker();
  stack.defer(() => worker.stop({ drain: 0 }));
  await worker.start();
  return worker;
}

/** Adds one, again and again until the store has it, as the outbox does. @returns why it was refused before */
async function insist(docket: Docket<Chores>, n: number): Promise<string[]> {
  for (const refusals: string[] = []; ;) {
    try {
      await docket.add(chore, n, { key: String(n) });
      return refusals;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      refusals.push(error.message);
    }
  }
}

// In this order: the first node's part ends with its death.
describe("in a cluster", () => {
  test("dockets live where their slots are, whichever node is asked", async () => {
    const [here, there] = [await cluster.name("first"), await cluster.name("second")];
    for (const name of [here, there]) {
      for (const url of [cluster.url, cluster.first.url, cluster.second.url]) {
        const docket = await open(name, url);
        await work(docket);
        const handle = await docket.add(answering, 1);
        expect(await handle.result()).toBe(2);
      }
    }
    const keys = await cluster.second.ask((redis) => redis.keys("*"));
    expect(keys.filter((key) => key.startsWith(`docket:{${here}}`))).toEqual([]);
    expect(keys.length).toBeGreaterThan(0);
  });

  test("whose slot moves, a docket is away until all of it has arrived, and then goes on there by itself", async () => {
    const name = await cluster.name("first");
    const docket = await open(name);
    await work(await open(name));
    await insist(docket, 1);
    await until("it has run", () => ran.length === 1);
    await docket.add(chore, 2, { key: "2", delay: "1h" });
    const complete = await cluster.move(name);
    const refusal: unknown = await docket.add(chore, 3).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(StoreUnavailable);
    expect(String(refusal)).toMatch(/ASK/);
    await complete();
    await insist(docket, 3);
    await until("it has run there", () => ran.length === 2);
    expect(await docket.wake(["2"])).toBe(1);
    await until("what moved with it has run, too", () => ran.length === 3);
    expect(ran).toEqual([1, 3, 2]);
    const handle = await docket.add(answering, 1);
    expect(await handle.result()).toBe(2);
    expect(await cluster.first.ask((redis) => redis.keys(`docket:{${name}}:*`))).toEqual([]);
  });

  test("whose primary dies, a docket goes on at the replica that took over, with all that it had got", async () => {
    const name = await cluster.name("first", "another");
    const docket = await open(name);
    await work(await open(name));
    await insist(docket, 1);
    await until("it has run", () => ran.length === 1);
    await docket.add(chore, 2, { key: "2", delay: "1h" });
    await cluster.failOver();
    await insist(docket, 3);
    await until("it has run there", () => ran.length === 2);
    expect(await docket.wake(["2"])).toBe(1);
    await until("what was copied has run, too", () => ran.length === 3);
    expect(ran).toEqual([1, 3, 2]);
  });
});
