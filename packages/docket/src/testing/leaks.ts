import { Redis } from "ioredis";
import { silent } from "../log.js";
import { redisServer } from "../store/open-store.js";
import { ALLOWED_URLS, readAddress } from "../store/redis/address.js";
import { prefixOf } from "../store/redis/keys.js";
import { RedisStore } from "../store/redis/redis-store.js";
import type { Store } from "../store/store.js";
import { ManualClock } from "./manual-clock.js";

/** What a docket leaves behind for good, of bounded size: its layout, its counters, and a call that nobody heard. */
const STAYS = ["meta", "counts", "living", "bell"];
/** What Redis itself drops in time, by its own clock. */
const FORGOTTEN = /^(starts|minute|admitted):/;
/** As well, and only where a docket keeps one. */
const HISTORY = /^history(-times)?$/;
/** What there is of a worker only while it is there. */
const OF_WORKERS = /^(workers|infos|sleepers|slots|seen|assigned|skills:.*|inbox:.*)$/;

/** A docket on a Redis that tests use. */
export interface Place {
  readonly url: string;
  readonly name: string;
  /** Whether its dockets keep a history, which goes by itself. Default: they don't, and nothing of one may be there. */
  readonly history?: boolean;
}

/**
 * Looks that no worker of a docket has left anything on Redis. For the end of a test in which all of them were stopped.
 *
 * @throws {Error} naming the keys that are left
 */
export async function expectNoTraceOfWorkers({ url, name }: Place): Promise<void> {
  await asking({ url, name }, async (redis) => {
    const left = (await keysOf(redis, name)).filter((key) => OF_WORKERS.test(key));
    none(left, `docket ${name} has keys of workers that are gone`);
  });
}

/**
 * Finishes all that lives in a docket on Redis without running it, throws its dead letters away, and looks that nothing of them
 * is left. For the end of a test: whatever the docket held is gone afterwards.
 *
 * @throws {Error} naming what is left
 */
export async function expectNoLeaks(place: Place): Promise<void> {
  none(await leftovers(place), `docket ${place.name} has keys of tasks that are gone`);
}

/** Does as `expectNoLeaks`, and tells of all that is left. */
export async function leftovers({ url, name, history = false }: Place): Promise<string[]> {
  const isForgotten = (key: string): boolean => FORGOTTEN.test(key) || (history && HISTORY.test(key));
  const clock = new ManualClock(Date.now());
  clock.advance("3650d"); // all that waits for a time, and each lease, is over by then
  const store = new RedisStore({ server: redisServer({ url, ca: undefined }), name, log: silent, clock });
  try {
    await sweep(store);
    clock.advance("1h"); // what was kept of their ends is dropped by the next worker to come
    await sweep(store);
  } finally {
    await store.close();
  }
  const left: string[] = [];
  await asking({ url, name }, async (redis) => {
    const keys = await keysOf(redis, name);
    left.push(...keys.filter((key) => !STAYS.includes(key) && !isForgotten(key)));
    for (const key of keys.filter(isForgotten))
      if ((await redis.pttl(`${prefixOf(name)}${key}`)) === -1) left.push(`${key}, for good`);
    for (const [task, count] of Object.entries(await redis.hgetall(`${prefixOf(name)}living`)))
      if (task !== "" && count !== "0") left.push(`living: ${count} named ${task}, and none lives`);
  });
  return left;
}

/**
 * Finishes all that lives in a store in memory, and looks that nothing is left.
 *
 * @throws {Error} naming what is left
 */
export async function expectEmpty(store: Store, clock: ManualClock): Promise<void> {
  // Those that nobody stopped: silent, they wouldn't count as alive for long.
  const { workers } = await store.snapshot();
  clock.advance("3650d");
  await sweep(store);
  clock.advance("1d"); // what the rates of the first round held
  await sweep(store);
  const { waiting, blocked, delayed, held, running, dead, aside, tasks } = await store.snapshot();
  const counts = Object.entries({ waiting, blocked, delayed, held, running, dead, ...aside, ...tasks });
  const left = counts.filter(([, count]) => count > 0).map(([what, count]) => `${String(count)} ${what}`);
  none(
    [...left, ...workers.map(({ worker }) => `worker ${worker}`)],
    "the store isn't empty, though all in it was finished",
  );
}

/** Does all tasks, as a worker that knows each of them, and discards the dead letters. */
export async function sweep(store: Store): Promise<void> {
  const { aside } = await store.snapshot();
  const worker = "sweeper";
  await store.hello({ worker, tasks: Object.keys(aside), concurrency: 1_000, host: "", pid: 0 });
  for (let call = 1, settlements: Parameters<Store["settle"]>[0]["settlements"] = []; ; call += 1) {
    const request = {
      ...{ worker, call, answered: call - 1, settlements },
      ...{ want: 1_000, ahead: 0, sleepMs: 0, leaseMs: 10_000 },
    } as const;
    const { claims } = await store.settle(request);
    if (claims.length === 0) break;
    settlements = claims.map(({ id, delivery, stored }) => {
      const { serial = "", key = "", name = "", version } = stored ?? {};
      return { id, delivery, ties: { serial, key, name, version }, outcome: { kind: "done" } };
    });
  }
  for (;;) {
    const letters = await store.letters(1_000, 0);
    if (letters.length === 0) break;
    for (const { id } of letters) await store.discard(id);
  }
  await store.bye(worker);
}

function none(left: readonly string[], what: string): void {
  if (left.length > 0) throw new Error(`${what}: ${left.join(", ")}`);
}

async function asking({ url }: Place, look: (redis: Redis) => Promise<void>): Promise<void> {
  const address = readAddress(url);
  if (address === undefined) throw new RangeError(`the url can't be used: give ${ALLOWED_URLS}`);
  const redis = new Redis(address.url, {
    ...address.options,
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  // It is told by what fails because of it.
  redis.on("error", () => undefined);
  try {
    await redis.connect();
    await look(redis);
  } finally {
    redis.disconnect();
  }
}

async function keysOf(redis: Redis, name: string): Promise<string[]> {
  const prefix = prefixOf(name);
  const keys = new Set<string>();
  let cursor = "0";
  do {
    const [next, found] = await redis.scan(cursor, "MATCH", `${prefix}*`, "COUNT", 1_000);
    for (const key of found) keys.add(key.slice(prefix.length));
    cursor = next;
  } while (cursor !== "0");
  return [...keys].sort();
}
