import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import type { Payload, Queue } from "./contender.ts";

/** What a loop keeps in Redis, as two scripts. */
export interface LoopScripts {
  /** ARGV: payloads. */
  readonly add: string;
  /**
   * ARGV: free slots, then the receipts of what has finished, which is forgotten. Returns receipt and payload of each task
   * that it claims, flat.
   */
  readonly take: string;
}

/** As many as docket sends in one call. */
const BATCH = 250;

interface Waiting {
  readonly payload: Payload;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Adds of one tick travel in one call; one call at a time acknowledges what has finished and claims for the free slots. */
export class Loop implements Queue {
  readonly #redis: Redis;
  readonly #shas: { readonly add: string; readonly take: string };
  readonly #keys: readonly string[];
  readonly #handle: (n: number) => Promise<void>;
  #waiting: Waiting[] = [];

  private constructor(
    redis: Redis,
    shas: { readonly add: string; readonly take: string },
    keys: readonly string[],
    handle: (n: number) => Promise<void>,
  ) {
    this.#redis = redis;
    this.#shas = shas;
    this.#keys = keys;
    this.#handle = handle;
  }

  static async open(
    redis: Redis,
    scripts: LoopScripts,
    keys: readonly string[],
    handle: (n: number) => Promise<void>,
  ): Promise<Loop> {
    const shas = { add: await loaded(redis, scripts.add), take: await loaded(redis, scripts.take) };
    return new Loop(redis, shas, keys, handle);
  }

  add(payload: Payload): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ payload, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => void this.#send());
    });
  }

  async addBulk(payloads: readonly Payload[]): Promise<void> {
    const calls: Promise<unknown>[] = [];
    for (let from = 0; from < payloads.length; from += BATCH)
      calls.push(this.#push(payloads.slice(from, from + BATCH)));
    await Promise.all(calls);
  }

  work(concurrency: number): Promise<() => Promise<void>> {
    let stopped = false;
    let finished: string[] = [];
    let running = 0;
    let calling = false;

    const run = async (receipt: string, payload: string): Promise<void> => {
      const { n } = readPayload(payload);
      await this.#handle(n);
      running -= 1;
      finished.push(receipt);
      soon();
    };
    const take = async (): Promise<void> => {
      const receipts = finished;
      finished = [];
      const free = stopped ? 0 : concurrency - running;
      const taken = readTaken(await this.#call(this.#shas.take, [free, ...receipts]));
      running += taken.length / 2;
      for (let at = 0; at < taken.length; at += 2) void run(taken[at] ?? "", taken[at + 1] ?? "");
      calling = false;
      if (finished.length > 0) soon();
    };
    const soon = (): void => {
      if (calling) return;
      calling = true;
      setImmediate(() => void take());
    };

    soon();
    return Promise.resolve(async () => {
      stopped = true;
      if (finished.length > 0) await take();
    });
  }

  async close(): Promise<void> {
    await this.#redis.quit();
  }

  async #send(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      await this.#push(batch.map(({ payload }) => payload));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  #push(payloads: readonly Payload[]): Promise<unknown> {
    return this.#call(
      this.#shas.add,
      payloads.map((payload) => JSON.stringify(payload)),
    );
  }

  #call(sha: string, argv: readonly (string | number)[]): Promise<unknown> {
    return this.#redis.evalsha(sha, this.#keys.length, ...this.#keys, ...argv);
  }
}

async function loaded(redis: Redis, source: string): Promise<string> {
  await redis.script("LOAD", source);
  return createHash("sha1").update(source).digest("hex");
}

function readPayload(payload: string): { n: number } {
  const read: unknown = JSON.parse(payload);
  if (typeof read === "object" && read !== null && "n" in read && typeof read.n === "number")
    return { n: read.n };
  throw new TypeError(`a loop read ${payload}, which it did not write`);
}

function readTaken(reply: unknown): string[] {
  if (!Array.isArray(reply))
    throw new TypeError(`redis answered ${JSON.stringify(reply)} where a list was expected`);
  return reply.map(String);
}
