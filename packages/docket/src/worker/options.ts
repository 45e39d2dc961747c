import type { Store } from "../store/store.js";
import type { Clock } from "../time/clock.js";
import { milliseconds, type Duration } from "../time/duration.js";
import type { ExecutionTools } from "./execution.js";

export interface WorkerOptions {
  /** Tasks at the same time; 1–1000; default 10. */
  readonly concurrency?: number;
  /** How long a claim holds without a sign of life; 1–300 s; default 10 s. */
  readonly lease?: Duration;
  /**
   * How long an idle worker sleeps between two signs of life; 1–125 s, default 125 s. One that was killed is missed after this
   * and as long again, 15 s more at most; two commands are sent each time.
   */
  readonly sleep?: Duration;
  /**
   * On Redis, a thread watches over the event loop while tasks run (13 MB; it ends when nothing has run for a minute). While
   * a handler blocks it, the thread renews the leases of what runs here. A handler that blocks beyond its timeout and
   * `grace` (default 5 s, at most 1 h) can't be stopped: the thread says why on stderr and ends the process (SIGKILL).
   * Its tasks run again elsewhere, and one that goes on doing so is a dead letter after `deliveryCap` times. Where it isn't
   * known which of several handlers blocks, the longest of their timeouts counts. `false` does without: what blocks for
   * longer than a lease may run twice, and nothing ends what blocks for ever. Where a debugger halts the process, use that.
   */
  readonly watchdog?: false | { readonly grace?: Duration };
}

/** @throws {RangeError} when an option is out of its range */
export function readOptions(options: WorkerOptions): {
  concurrency: number;
  leaseMs: number;
  sleepMs: number;
  /** Of the watchdog; undefined: without one. */
  graceMs: number | undefined;
} {
  const { concurrency = 10, lease = "10s", sleep = "125s", watchdog = {} } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 1000) {
    throw new RangeError(`concurrency is ${String(concurrency)}: give a whole number from 1 to 1000`);
  }
  const leaseMs = milliseconds(lease, "the lease");
  if (leaseMs < 1_000 || leaseMs > 300_000)
    throw new RangeError(`the lease is ${JSON.stringify(lease)}: give 1s to 300s`);
  const sleepMs = milliseconds(sleep, "the sleep");
  if (sleepMs < 1_000 || sleepMs > 125_000)
    throw new RangeError(`the sleep is ${JSON.stringify(sleep)}: give 1s to 125s`);
  return { concurrency, leaseMs, sleepMs, graceMs: watchdog === false ? undefined : graceMs(watchdog) };
}

function graceMs({ grace = "5s" }: { readonly grace?: Duration }): number {
  const ms = milliseconds(grace, "the watchdog's grace");
  if (ms > milliseconds("1h", "the watchdog's grace"))
    throw new RangeError("the watchdog's grace must be at most 1h");
  return ms;
}

export interface WorkerParts<Services> {
  readonly store: Store;
  readonly clock: Clock | undefined;
  readonly version: string | undefined;
  /** Adds the tasks that come by themselves, where they are not there. */
  readonly seed: () => Promise<void>;
  readonly tools: Omit<ExecutionTools<Services>, "storeNow" | "report" | "worker" | "enter">;
}
