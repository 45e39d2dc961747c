import { milliseconds, type Duration } from "../time/duration.js";
import { shown } from "./definition.js";

export interface BatchOptions<Payload> {
  /** So many run together at most; 2–1,000. */
  readonly most: number;
  /** How long the first waits for the others, from when its turn comes; 1 ms to 24 days. */
  readonly within: Duration;
  /** Those for which this makes the same key of the payload (at most 500 characters) run together; default: all of the task. */
  readonly by?: (payload: Payload) => string;
}

/** Each is claimed under a lease of its own, by one call. */
const MOST = 1_000;

/** What can't be said of a task that runs in batches, and why not. */
const APART = [
  ["serial", "those of a batch run together"],
  ["concurrency", "a batch is one run, of which nothing else is known"],
  ["every", "what comes by itself comes alone"],
  ["cron", "what comes by itself comes alone"],
] as const;

/**
 * @throws {RangeError} when a number or a duration is out of range, or the task has what a batch can't have
 * @throws {TypeError} when something isn't what it must be
 */
export function readBatch(
  options: Readonly<Partial<Record<(typeof APART)[number][0], unknown>>> & {
    readonly batch: Pick<BatchOptions<never>, "most" | "within" | "by">;
    readonly rate?: { readonly over?: "wait" | "drop" } | undefined;
  },
  of: string,
): { most: number; withinMs: number } {
  const { most, within, by } = options.batch;
  if (!Number.isInteger(most) || most < 2 || most > MOST)
    throw new RangeError(`the most in a batch ${of} is ${shown(most)}: give a whole number from 2 to 1000`);
  const withinMs = milliseconds(within, `the time within which a batch gathers ${of}`);
  if (withinMs < 1 || withinMs > milliseconds("24d", "the longest"))
    throw new RangeError(`the time within which a batch gathers ${of} is ${shown(within)}: give 1ms to 24d`);
  if (by !== undefined && typeof by !== "function")
    throw new TypeError(`what a batch ${of} is by is ${shown(by)}: give a function of its payload`);
  for (const [what, why] of APART)
    if (options[what] !== undefined)
      throw new RangeError(`both batch and ${what} are given ${of}, and ${why}: give one of them`);
  if (options.rate !== undefined && options.rate.over !== "drop")
    throw new RangeError(`both batch and a rate are given ${of}: give the rate over: "drop", or none`);
  return { most, withinMs };
}
