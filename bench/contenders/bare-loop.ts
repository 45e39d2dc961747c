import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { packageVersion } from "../machine.ts";
import type { Contender, Queue } from "./contender.ts";

/**
 * The least that a queue of this design can do on this client: a list, a hash, adds of one tick in one call, and one
 * call that acknowledges and claims. No leases, no order, no keys, no retries: what docket costs beyond this is the
 * price of its promises.
 */
export const bareLoop: Contender = {
  name: "bare loop",
  builtOn: () => `ioredis ${packageVersion("ioredis")}`,
  async open(url, queue, handle) {
    const redis = new Redis(url);
    const adding = await loaded(redis, ADD);
    const taking = await loaded(redis, TAKE);
    return new BareQueue(redis, { adding, taking }, queue, handle);
  },
};

const ADD = `
for i = 1, #ARGV, 2 do
  redis.call("HSET", KEYS[2], ARGV[i], ARGV[i + 1])
  redis.call("RPUSH", KEYS[1], ARGV[i])
end`;

const TAKE = `
if #ARGV > 1 then redis.call("HDEL", KEYS[2], unpack(ARGV, 2)) end
local ids = redis.call("LPOP", KEYS[1], ARGV[1])
if not ids or #ids == 0 then return {} end
return { ids, redis.call("HMGET", KEYS[2], unpack(ids)) }`;

/** As many as docket sends in one call. */
const BATCH = 250;

class BareQueue implements Queue {
  readonly #redis: Redis;
  readonly #shas: { readonly adding: string; readonly taking: string };
  readonly #keys: readonly [string, string];
  readonly #handle: (n: number) => Promise<void>;
  #waiting: {
    readonly n: number;
    readonly resolve: () => void;
    readonly reject: (error: unknown) => void;
  }[] = [];
  #count = 0;

  constructor(
    redis: Redis,
    shas: { readonly adding: string; readonly taking: string },
    queue: string,
    handle: (n: number) => Promise<void>,
  ) {
    this.#redis = redis;
    this.#shas = shas;
    this.#keys = [`bare:{${queue}}:ready`, `bare:{${queue}}:bodies`];
    this.#handle = handle;
  }

  add(n: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ n, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => void this.#send());
    });
  }

  async addBulk(ns: readonly number[]): Promise<void> {
    const calls: Promise<unknown>[] = [];
    for (let from = 0; from < ns.length; from += BATCH) calls.push(this.#push(ns.slice(from, from + BATCH)));
    await Promise.all(calls);
  }

  work(concurrency: number): Promise<() => Promise<void>> {
    let stopped = false;
    let acknowledged: string[] = [];
    let running = 0;
    let calling = false;

    const run = async (id: string, body: string): Promise<void> => {
      const { n } = readBody(body);
      await this.#handle(n);
      running -= 1;
      acknowledged.push(id);
      soon();
    };
    const take = async (): Promise<void> => {
      const finished = acknowledged;
      acknowledged = [];
      const reply = await this.#redis.evalsha(
        this.#shas.taking,
        2,
        ...this.#keys,
        stopped ? 0 : concurrency - running,
        ...finished,
      );
      const [ids = [], bodies = []] = readTaken(reply);
      running += ids.length;
      ids.forEach((id, at) => void run(id, bodies[at] ?? ""));
      calling = false;
      if (acknowledged.length > 0) soon();
    };
    const soon = (): void => {
      if (calling) return;
      calling = true;
      setImmediate(() => void take());
    };

    soon();
    return Promise.resolve(async () => {
      stopped = true;
      if (acknowledged.length > 0) await take();
    });
  }

  async close(): Promise<void> {
    await this.#redis.quit();
  }

  async #send(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      await this.#push(batch.map(({ n }) => n));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  #push(ns: readonly number[]): Promise<unknown> {
    const flat = ns.flatMap((n) => [(this.#count++).toString(36), JSON.stringify({ n })]);
    return this.#redis.evalsha(this.#shas.adding, 2, ...this.#keys, ...flat);
  }
}

async function loaded(redis: Redis, source: string): Promise<string> {
  await redis.script("LOAD", source);
  return createHash("sha1").update(source).digest("hex");
}

function readBody(body: string): { n: number } {
  const read: unknown = JSON.parse(body);
  if (typeof read === "object" && read !== null && "n" in read && typeof read.n === "number")
    return { n: read.n };
  throw new TypeError(`the bare loop read ${body}, which it did not write`);
}

function readTaken(reply: unknown): string[][] {
  if (!Array.isArray(reply))
    throw new TypeError(`redis answered ${JSON.stringify(reply)} where lists were expected`);
  return reply.map((part: unknown) => {
    if (!Array.isArray(part))
      throw new TypeError(`redis answered ${JSON.stringify(part)} where a list was expected`);
    return part.map(String);
  });
}
