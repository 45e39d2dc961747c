import { milliseconds, type Duration } from "../time/duration.js";
import { checkAttempts, filter, type RetriedErrors, type RetryPolicy } from "./policy.js";

/** How much of a pause chance decides: none of it, half of it (50–100 % are waited), or all of it (0–100 %). */
export type Jitter = "full" | "half" | "none";

const LEAST = { full: 0, half: 0.5, none: 1 } as const;

/**
 * Doubles the pause after each failure, from `min` up to `max`, and takes a random part of it (by default 50 to 100 %), so that
 * tasks that failed together don't come back together.
 *
 * @throws {RangeError} when `attempts` isn't a whole number from 1 to 1000, `max` is less than `min`, or `on` is empty
 */
export function exponential(
  options: { attempts: number; min: Duration; max: Duration; jitter?: Jitter } & RetriedErrors,
): RetryPolicy {
  const attempts = checkAttempts(options.attempts);
  const min = milliseconds(options.min, "the retry's min");
  const max = milliseconds(options.max, "the retry's max");
  if (max < min)
    throw new RangeError(`the retry's max (${String(max)} ms) is less than its min (${String(min)} ms)`);
  const least = LEAST[options.jitter ?? "half"];
  return {
    attempts,
    delay: (attempt, random) =>
      Math.round(Math.min(max, min * 2 ** (attempt - 1)) * (least + random() * (1 - least))),
    ...filter(options),
  };
}
