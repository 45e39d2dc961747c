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
}

/** @throws {RangeError} when an option is out of its range */
export function readOptions({ concurrency = 10, lease = "10s", sleep = "125s" }: WorkerOptions): {
  concurrency: number;
  leaseMs: number;
  sleepMs: number;
} {
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 1000) {
    throw new RangeError(`concurrency is ${String(concurrency)}: give a whole number from 1 to 1000`);
  }
  const leaseMs = milliseconds(lease, "the lease");
  if (leaseMs < 1_000 || leaseMs > 300_000)
    throw new RangeError(`the lease is ${JSON.stringify(lease)}: give 1s to 300s`);
  const sleepMs = milliseconds(sleep, "the sleep");
  if (sleepMs < 1_000 || sleepMs > 125_000)
    throw new RangeError(`the sleep is ${JSON.stringify(sleep)}: give 1s to 125s`);
  return { concurrency, leaseMs, sleepMs };
}

export interface WorkerParts<Services> {
  readonly store: Store;
  readonly clock: Clock | undefined;
  readonly version: string | undefined;
  /** Adds the tasks that come by themselves, where they are not there. */
  readonly seed: () => Promise<void>;
  readonly tools: Omit<ExecutionTools<Services>, "storeNow" | "report" | "worker">;
}
