import type { Due } from "../store/store.js";
import { milliseconds, type Duration } from "../time/duration.js";

export interface DebounceOptions {
  /** Calls of one key make a burst. 1–500 characters. */
  readonly key: string;
  /** The burst is over when so much time has passed without a call. */
  readonly quiet: Duration;
  /** It is over at the latest so long after its first call; default ten times `quiet`: a burst without end would never run. */
  readonly longest?: Duration;
}

/**
 * When a task that is called in bursts is due. The store reckons it, by its own clock.
 *
 * @throws {RangeError} when a time is out of range, or the burst would be over before it is quiet
 */
export function afterBurst(task: string, { quiet, longest }: DebounceOptions): Due {
  const ms = milliseconds(quiet, `the quiet time of ${task}`);
  const longestMs = longest === undefined ? ms * 10 : milliseconds(longest, `the longest burst of ${task}`);
  if (longestMs < ms)
    throw new RangeError(
      `the longest burst of ${task} (${String(longestMs)} ms) is shorter than its quiet time (${String(ms)} ms): give a longer one`,
    );
  return { kind: "quiet", ms, longestMs };
}
