import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Docket, StoreUnavailable } from "../../src/index.js";
import { RedisServer } from "../redis-server.js";
import { until } from "../until.js";
import { chore, type Chores } from "./chores.js";
import { Relay } from "./relay.js";

let stack: AsyncDisposableStack;
let primary: RedisServer;
let replica: RedisServer;
let relay: Relay;
let ran: number[];

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  primary = stack.use(await RedisServer.start(["--repl-diskless-sync-delay", "0"]));
  replica = stack.use(await RedisServer.start(["--replicaof", `127.0.0.1 ${String(primary.port)}`]));
  relay = stack.use(await Relay.to(primary.port));
  ran = [];
});
afterEach(() => stack.disposeAsync());

async function open(): Promise<Docket<Chores>> {
  const services = { run: (n: number) => Promise.resolve(ran.push(n)) };
  const docket = await Docket.open({ url: relay.url, name: "plyr", tasks: [chore], services });
  stack.defer(() => docket.close());
  return docket;
}

async function work(docket: Docket<Chores>): Promise<void> {
  const worker = docket.worker();
  stack.defer(() => worker.stop({ drain: 0 }));
  await worker.start();
}

/** Adds one, again and again until the store has it, as the outbox does. @returns how often it was refused */
async function insist(docket: Docket<Chores>, n: number): Promise<number> {
  for (let refusals = 0; ; refusals += 1) {
    try {
      await docket.add(chore, n, { key: String(n) });
      return refusals;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }
}

/** Resolves when the replica has all that the primary has. */
async function caughtUp(): Promise<void> {
  await until(
    "the replica has caught up",
    async () => (await primary.ask((redis) => redis.wait(1, 1_000))) === 1,
  );
}

const promote = () => replica.ask((redis) => redis.replicaof("NO", "ONE"));

describe("a replica takes over for its primary:", () => {
  test("killed, what had been copied goes on there, and adders and workers find it by themselves", async () => {
    const docket = await open();
    for (const n of [1, 2, 3]) await docket.add(chore, n, { key: String(n) });
    await caughtUp();
    await primary.kill();
    await promote();
    relay.leadTo(replica.port);
    await insist(docket, 4);
    await work(await open());
    await until("all have run", () => ran.length === 4);
    expect(ran.toSorted()).toEqual([1, 2, 3, 4]);
  });

  test("demoted without a word to those who are connected, it is left by them at the first refusal", async () => {
    const docket = await open();
    await work(await open());
    await insist(docket, 1);
    await until("it has run", () => ran.length === 1);
    await caughtUp();
    await promote();
    relay.leadTo(replica.port);
    await primary.ask((redis) => redis.replicaof("127.0.0.1", replica.port));
    expect(await insist(docket, 2)).toBeGreaterThan(0);
    await until("it has run there", () => ran.length === 2);
    expect(ran).toEqual([1, 2]);
  });
});
