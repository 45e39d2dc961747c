import { expect } from "vitest";
import { silent } from "../src/log.js";
import { prefixOf } from "../src/store/redis/keys.js";
import { RedisStore } from "../src/store/redis/redis-store.js";
import type { Store } from "../src/store/store.js";
import { ManualClock } from "../src/testing/index.js";
import { askRedis } from "./redis-server.js";

/** What a docket leaves behind for good, of bounded size: its layout, its counters, and a call that nobody heard. */
const STAYS = ["meta", "counts", "living", "bell"];
/** What Redis itself drops in time, by its own clock. */
const FORGOTTEN = /^(starts|minute|admitted):/;
/** What there is of a worker only while it is there. */
const OF_WORKERS = /^(workers|infos|sleepers|slots|seen|assigned|skills:.*|inbox:.*)$/;

export async function keysOf(url: string, name: string): Promise<string[]> {
  const prefix = prefixOf(name);
  const keys = await askRedis(url, (redis) => redis.keys(`${prefix}*`));
  return keys.map((key) => key.slice(prefix.length)).sort();
}

/** Call when all workers of a docket have stopped in order: nothing of them may be left. */
export async function expectNoTraceOfWorkers(url: string, name: string): Promise<void> {
  const left = (await keysOf(url, name)).filter((key) => OF_WORKERS.test(key));
  expect(left, "keys of workers that are gone").toEqual([]);
}

/** Finishes all that lives in a docket, throws its dead letters away, and looks that no key of them is left. */
export async function expectNoLeaks(url: string, name: string): Promise<void> {
  const clock = new ManualClock(Date.now());
  clock.advance("3650d"); // all that waits for a time, and each lease, is over by then
  const store = new RedisStore({ server: { url, ca: undefined }, name, log: silent, clock });
  try {
    await sweep(store);
    clock.advance("1h"); // what was kept of their ends is dropped by the next worker to come
    await sweep(store);
  } finally {
    await store.close();
  }
  const left = (await keysOf(url, name)).filter((key) => !STAYS.includes(key) && !FORGOTTEN.test(key));
  expect(left, "keys of tasks that are gone").toEqual([]);
  const kept = (await keysOf(url, name)).filter((key) => FORGOTTEN.test(key));
  for (const key of kept) {
    const ends = await askRedis(url, (redis) => redis.pttl(`${prefixOf(name)}${key}`));
    expect(ends, `ms until ${key} is dropped`).toBeGreaterThan(0);
  }
  const living = await askRedis(url, (redis) => redis.hgetall(`${prefixOf(name)}living`));
  const miscounted = Object.entries(living).filter(([task, count]) => task !== "" && count !== "0");
  expect(miscounted, "living tasks by name, when none lives").toEqual([]);
}

/** Does all tasks, as a worker that knows each of them, and discards the dead letters. */
export async function sweep(store: Store): Promise<void> {
  const { aside } = await store.snapshot();
  const worker = "sweeper";
  await store.hello({ worker, tasks: Object.keys(aside), concurrency: 1_000, host: "", pid: 0 });
  for (let call = 1, settlements: Parameters<Store["settle"]>[0]["settlements"] = []; ; call += 1) {
    const request = {
      worker,
      call,
      answered: call - 1,
      settlements,
      want: 1_000,
      ahead: 0,
      received: 0,
      sleepMs: 0,
      leaseMs: 10_000,
    } as const;
    const { claims } = await store.settle(request);
    if (claims.length === 0) break;
    settlements = claims.map(({ id, delivery, stored }) => {
      const { serial = "", key = "", name = "" } = stored ?? {};
      return { id, delivery, ties: { serial, key, name }, outcome: { kind: "done" } };
    });
  }
  for (const { id } of await store.letters(1_000, 0)) await store.discard(id);
  await store.bye(worker);
}
