import { Worker as Thread } from "node:worker_threads";
import type { Log } from "../../log.js";
import type { Outpost } from "../../store/outpost.js";
import type { Claim, Store } from "../../store/store.js";
import { monotonic, Table } from "./table.js";
import type { ThreadData } from "./main.js";

/** What is compiled: a thread is started from a file, also by those who run from source. */
const THREAD = new URL("../../../dist/worker/watchdog/main.js", import.meta.url);
/** An idle worker is to cost no thread. */
const IDLE_MS = 60_000;

export interface WatchdogOptions {
  readonly worker: string;
  readonly outpost: Outpost;
  /** How many runs it can watch at once. */
  readonly deliveries: number;
  readonly leaseMs: number;
  /** How long a run may block beyond its timeout. */
  readonly graceMs: number;
  readonly tasks: readonly string[];
  readonly log: Log;
}

/**
 * Keeps the leases of a worker whose handlers block the event loop, and ends the process of one that would block it for ever.
 * It has to stand ready before something blocks, so its thread is started with the first run; it opens a connection only
 * when the main thread falls silent, and ends when nothing has run for a minute.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #table: Table;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #slots = new Map<string, number>();
  readonly #free: number[];
  /** This thread's `performance.now()` less the table's clock, in ms. */
  readonly #offset = performance.now() - Number(monotonic());
  #thread: Thread | undefined;
  #beating: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#table = Table.of(options.deliveries);
    this.#numbers = new Map(options.tasks.map((name, at) => [name, at]));
    this.#free = Array.from({ length: options.deliveries }, (_, at) => options.deliveries - 1 - at);
  }

  /** @param leasedUntil of this thread's `performance.now()` */
  watch({ id, delivery, stored }: Claim, timeoutMs: number, leasedUntil: number): void {
    const slot = this.#ended ? undefined : this.#free.pop();
    if (slot === undefined) return;
    const first = this.#slots.size === 0;
    if (first) this.#table.beat();
    const taken = this.#table.put(slot, {
      id,
      delivery,
      task: this.#numbers.get(stored?.name ?? "") ?? -1,
      deadline: monotonic() + BigInt(timeoutMs + this.#options.graceMs),
      leasedUntil: BigInt(Math.floor(leasedUntil - this.#offset)),
    });
    if (!taken) {
      this.#free.push(slot);
      return;
    }
    this.#slots.set(id, slot);
    if (!first) return;
    if (!this.#table.wake()) this.#start();
    this.#beating ??= setInterval(() => {
      this.#beat();
    }, this.#options.leaseMs / 8).unref();
  }

  release(id: string): void {
    const slot = this.#slots.get(id);
    if (slot === undefined) return;
    this.#slots.delete(id);
    this.#table.free(slot);
    this.#free.push(slot);
  }

  /** Calls a handler; should it never return from that, it is known to be the one. */
  enter<T>(id: string, call: () => T): T {
    this.#table.enter(this.#slots.get(id));
    try {
      return call();
    } finally {
      this.#table.enter(undefined);
    }
  }

  /** Until when the lease of a run was given, by this thread's `performance.now()`; -Infinity for one that isn't watched. */
  leasedUntil(id: string): number {
    const slot = this.#slots.get(id);
    return slot === undefined ? -Infinity : Number(this.#table.leasedUntil(slot)) + this.#offset;
  }

  /** The runs whose leases were found lost while this thread was silent. */
  takeLost(): string[] {
    if (!this.#table.takeLost()) return [];
    return [...this.#slots].filter(([, slot]) => this.#table.isLost(slot)).map(([id]) => id);
  }

  async stop(): Promise<void> {
    this.#ended = true;
    clearInterval(this.#beating);
    await this.#thread?.terminate();
  }

  #beat(): void {
    this.#table.beat();
    if (this.#slots.size > 0) return;
    clearInterval(this.#beating);
    this.#beating = undefined;
  }

  #start(): void {
    const { worker, outpost, leaseMs, graceMs, tasks, log } = this.#options;
    const data: ThreadData = {
      table: this.#table.parts,
      orders: { leaseMs, graceMs, idleMs: IDLE_MS, tasks },
      worker,
      place: outpost.place,
    };
    // Of the process's own arguments and environment it needs nothing, and what they load isn't loaded twice.
    const thread = new Thread(THREAD, { execArgv: [], env: {}, name: "docket watchdog" });
    thread.unref();
    thread.postMessage(data);
    thread.on("message", (commands: number) => {
      outpost.sent(commands);
    });
    thread.on("error", (err: Error) => {
      this.#ended = true;
      log.warn(
        { err, worker },
        "the watchdog's thread has ended: a handler that blocks longer than a lease may run twice from now on",
      );
    });
    this.#thread = thread;
  }
}

/** The watchdog of a worker; undefined where none is wanted, and where no other thread can reach the store. */
export function watchdogFor(
  {
    store,
    tools: { tasks, log },
  }: { store: Store; tools: { tasks: ReadonlyMap<string, unknown>; log: Log } },
  {
    graceMs,
    ...options
  }: Pick<WatchdogOptions, "worker" | "deliveries" | "leaseMs"> & { graceMs: number | undefined },
): Watchdog | undefined {
  const outpost = graceMs === undefined ? undefined : store.outpost();
  if (graceMs === undefined || outpost === undefined) return undefined;
  return new Watchdog({ ...options, graceMs, outpost, tasks: [...tasks.keys()], log });
}
