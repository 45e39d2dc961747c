import { milliseconds, type Duration } from "../time/duration.js";

/** When a failed task runs again. */
export interface RetryPolicy {
  /** How often a task may run and fail before it goes to the dead letters, the first run included; ≥1. */
  readonly attempts: number;
  /** Milliseconds to wait after the `attempt`-th attempt (from 1) has failed. `random` is uniform in [0, 1). */
  delay(attempt: number, random: () => number): number;
}

/**
 * Doubles the pause after each failure, from `min` up to `max`, and takes a random part of 50 to 100 % of it, so that
 * tasks that failed together don't come back together.
 *
 * @throws {RangeError} when `attempts` isn't a whole number from 1 to 1000, or `max` is less than `min`
 */
export function exponential(options: { attempts: number; min: Duration; max: Duration }): RetryPolicy {
  const { attempts } = options;
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > 1000) {
    throw new RangeError(`attempts is ${String(attempts)}: give a whole number from 1 to 1000`);
  }
  const min = milliseconds(options.min, "the retry's min");
  const max = milliseconds(options.max, "the retry's max");
  if (max < min)
    throw new RangeError(`the retry's max (${String(max)} ms) is less than its min (${String(min)} ms)`);
  return {
    attempts,
    delay: (attempt, random) => Math.round(Math.min(max, min * 2 ** (attempt - 1)) * (0.5 + random() / 2)),
  };
}

/** One attempt: a failure goes to the dead letters. */
export const never: RetryPolicy = { attempts: 1, delay: () => 0 };
