import { randomUUID } from "node:crypto";
import { describe, expect, inject, test as plain } from "vitest";
import { silent } from "../src/log.js";
import { MemoryStore } from "../src/store/memory/memory-store.js";
import { RedisStore } from "../src/store/redis/redis-store.js";
import { DEFAULT_RETENTION, type Kept } from "../src/store/retention.js";
import type {
  Added,
  Claim,
  Due,
  Message,
  NewTask,
  Outcome,
  Settled,
  SettleRequest,
  Store,
  Terms,
  Ties,
} from "../src/store/store.js";
import { ManualClock } from "../src/testing/index.js";
import { none } from "./matching.js";
import { expectNoLeaks, expectNoTraceOfWorkers, sweep } from "./leaks.js";

export type StoreKind = "memory" | "redis";

export const LEASE = 10_000;
export const SLEEP = 125_000;

export type TaskSpec = Partial<Ties> & Terms & { due?: Due; payload?: string };

const NOTHING: Ties = { serial: "", key: "", name: "" };

/** A store, its clock, and the calls that workers make, with what a test doesn't care about filled in. */
export class Desk {
  readonly clock = new ManualClock();
  readonly store: Store;
  readonly kind: StoreKind;
  readonly name = `conformance-${randomUUID()}`;
  readonly url: string;
  readonly #calls = new Map<string, number>();
  readonly #present = new Set<string>();
  readonly #history: Kept | undefined;

  constructor(kind: StoreKind, url: string, history?: Kept) {
    this.kind = kind;
    this.url = url;
    this.#history = history;
    const { clock, name } = this;
    const retention = { ...DEFAULT_RETENTION, history };
    this.store =
      kind === "memory"
        ? new MemoryStore(clock, retention)
        : new RedisStore({ server: { url, ca: undefined }, name, log: silent, clock, retention });
  }

  async add(id: string, spec: TaskSpec = {}): Promise<Added> {
    const [added] = await this.store.add([newTask(id, spec)]);
    if (added === undefined) throw new Error("the store answered nothing");
    return added;
  }

  async hello(worker: string, tasks: readonly string[] = ["task"]): Promise<void> {
    this.#calls.set(worker, 0);
    this.#present.add(worker);
    await this.store.hello({ worker, tasks, concurrency: 10, host: "here", pid: 1 });
  }

  async bye(worker: string): Promise<void> {
    this.#present.delete(worker);
    await this.store.bye(worker);
  }

  settle(worker: string, request: Partial<SettleRequest> = {}): Promise<Settled> {
    const call = (this.#calls.get(worker) ?? 0) + 1;
    this.#calls.set(worker, call);
    const rest = {
      answered: call - 1,
      settlements: [],
      want: 0,
      ahead: 0,
      sleepMs: 0,
      leaseMs: LEASE,
    } as const;
    return this.store.settle({ worker, call, ...rest, ...request });
  }

  /** The others of a batch, for the worker that was given its first. */
  gather(worker: string, leader: Claim, most = 9): Promise<readonly Claim[]> {
    const call = (this.#calls.get(worker) ?? 0) + 1;
    this.#calls.set(worker, call);
    return this.store.gather({ worker, call, leader, most, leaseMs: LEASE });
  }

  /** Says hello if need be, and claims. */
  async claim(worker: string, want = 1, request: Partial<SettleRequest> = {}): Promise<readonly Claim[]> {
    if (!this.#calls.has(worker)) await this.hello(worker);
    return (await this.settle(worker, { want, ...request })).claims;
  }

  /** The only task that the worker can claim. */
  async claimOne(worker: string, request: Partial<SettleRequest> = {}): Promise<Claim> {
    return only(await this.claim(worker, 2, request));
  }

  /** Says hello and sleeps with free slots, so that tasks come through the inbox. */
  async sleep(worker: string, free = 1, request: Partial<SettleRequest> = {}): Promise<Settled> {
    if (!this.#calls.has(worker)) await this.hello(worker);
    return this.settle(worker, { want: free, sleepMs: SLEEP, ...request });
  }

  conclude(
    worker: string,
    claim: Claim,
    outcome: Outcome,
    request: Partial<SettleRequest> = {},
  ): Promise<Settled> {
    return this.settle(worker, { settlements: [settlement(claim, outcome)], ...request });
  }

  async finish(worker: string, claim: Claim): Promise<void> {
    const { refused } = await this.conclude(worker, claim, { kind: "done" });
    if (refused.length > 0) throw new Error(`${claim.id} was refused`);
  }

  /** All that lies in the worker's inbox. */
  async messages(worker: string): Promise<Message[]> {
    const messages: Message[] = [];
    for (;;) {
      const message = await this.store.listen(worker, 1, new AbortController().signal);
      if (message === undefined) return messages;
      messages.push(message);
    }
  }

  /** Reads the worker's inbox, and comes if it is told to: all that it is given then. */
  async hear(worker: string, want: number): Promise<Claim[]> {
    const messages = await this.messages(worker);
    const given = messages.flatMap((message) => (message.kind === "task" ? [message.claim] : []));
    const called = messages.some(
      (message) => (message.kind === "look" && message.ms === 0) || (message.kind === "task" && message.more),
    );
    if (!called) return given;
    const { claims } = await this.settle(worker, { want: want - given.length });
    return [...given, ...claims];
  }

  /** Claims and finishes until nothing can be claimed; returns the ids in their order. */
  async runAll(worker: string): Promise<string[]> {
    const order: string[] = [];
    for (;;) {
      const [claim] = await this.claim(worker, 1);
      if (claim === undefined) return order;
      order.push(claim.id);
      await this.finish(worker, claim);
    }
  }

  /** @param left looks that nothing of tasks and workers is left behind */
  async close(left: boolean): Promise<void> {
    try {
      for (const worker of this.#present) await this.store.bye(worker);
      if (!left) return;
      if (this.kind === "redis") {
        await expectNoTraceOfWorkers(this.url, this.name);
        await expectNoLeaks(this.url, this.name, this.#history !== undefined);
      } else {
        this.clock.advance("3650d");
        await sweep(this.store);
        this.clock.advance("1d"); // what the rates of the first round held
        await sweep(this.store);
        const empty = {
          waiting: 0,
          blocked: 0,
          delayed: 0,
          held: 0,
          running: 0,
          dead: 0,
          aside: none(),
          tasks: none(),
          workers: [],
        };
        expect(await this.store.snapshot(), "a store in which all is done").toMatchObject(empty);
      }
    } finally {
      await this.store.close();
    }
  }
}

export function newTask(id: string, spec: TaskSpec = {}): NewTask {
  return { id, serial: "", key: "", name: "task", due: { kind: "now" }, payload: "{}", ...spec };
}

export function settlement(claim: Claim, outcome: Outcome): SettleRequest["settlements"][number] {
  const { id, delivery, stored } = claim;
  return { id, delivery, ties: stored ?? NOTHING, addedAt: stored?.addedAt, outcome };
}

export function only<T>(list: readonly T[]): T {
  const [first, ...others] = list;
  if (first === undefined || others.length > 0) throw new Error(`expected one, got ${JSON.stringify(list)}`);
  return first;
}

/** The claim of the only task among the messages. */
export function taskIn(messages: readonly Message[]): Claim {
  return only(messages.flatMap((message) => (message.kind === "task" ? [message.claim] : [])));
}

export const ids = (list: readonly { id: string }[]): string[] => list.map(({ id }) => id);

const base = plain
  .extend("kind", (): StoreKind => "memory")
  .extend("history", (): Kept | undefined => undefined);
/** A test that is given a desk, which after the test is searched for what was left behind. */
export const test = base.extend("desk", async ({ kind, history, task }, { onCleanup }) => {
  const desk = new Desk(kind, inject("redisUrl"), history);
  onCleanup(() => desk.close(task.result?.state !== "fail"));
  return Promise.resolve(desk);
});

/** Runs a suite on both stores. */
export function onBothStores(name: string, suite: () => void): void {
  describe.each<StoreKind>(["memory", "redis"])(`${name} (%s)`, (kind) => {
    test.override("kind", kind);
    suite();
  });
}
