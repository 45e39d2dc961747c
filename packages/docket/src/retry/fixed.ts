import { milliseconds, type Duration } from "../time/duration.js";
import { checkAttempts, filter, type RetriedErrors, type RetryPolicy } from "./policy.js";

/**
 * The same pause after each failure, without chance: for what has a rhythm of its own.
 *
 * @throws {RangeError} when `attempts` isn't a whole number from 1 to 1000, or `on` is empty
 */
export function fixed(options: { attempts: number; pause: Duration } & RetriedErrors): RetryPolicy {
  const pause = milliseconds(options.pause, "the retry's pause");
  return { attempts: checkAttempts(options.attempts), delay: () => pause, ...filter(options) };
}
