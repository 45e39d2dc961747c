import { milliseconds, type Duration } from "../time/duration.js";

/** How many starts a group may have in how many ms; or how many adds, where those over it are dropped. */
export interface Rate {
  readonly limit: number;
  readonly perMs: number;
  readonly over: "wait" | "drop";
}

export interface RateOptions {
  readonly limit: number;
  readonly per: Duration;
  readonly over?: "wait" | "drop";
}

/** The store remembers as many starts of each group. */
const MOST = 1_000;
/** As long as a timer can be set for. */
const LONGEST_MS = 24 * 86_400_000;

/**
 * @param what it is the time of, for the message
 * @throws {RangeError} when it is out of range
 */
export function readCooldown(cooldown: Duration, what: string): number {
  const ms = milliseconds(cooldown, what);
  if (ms < 1 || ms > LONGEST_MS)
    throw new RangeError(`${what} is ${JSON.stringify(cooldown)}: give 1ms to 24d`);
  return ms;
}

/**
 * @param of whose rate it is, for the message
 * @throws {RangeError} when it is out of range, or there is no group for which starts could be counted
 */
export function readRate({ limit, per, over = "wait" }: RateOptions, hasGroup: boolean, of: string): Rate {
  if (!hasGroup) throw new RangeError(`the rate ${of} has nothing to count by: give the task a group`);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw new RangeError(`the rate ${of} allows ${String(limit)} starts: give a whole number from 1 to 1000`);
  const perMs = milliseconds(per, `the time of the rate ${of}`);
  if (perMs < 1 || perMs > LONGEST_MS)
    throw new RangeError(`the time of the rate ${of} is ${JSON.stringify(per)}: give 1ms to 24d`);
  return { limit, perMs, over };
}
