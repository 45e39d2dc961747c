import type { Due } from "../store/store.js";
import { LONGEST_MS, milliseconds, type Duration } from "../time/duration.js";

/** A group whose tasks don't start for now. */
export interface PausedGroup {
  readonly group: string;
  readonly until: Date;
  readonly reason: string;
}

/** The longest reason, in characters: it is for people to read. */
const LONGEST_REASON = 1_000;

/**
 * Until when, as the store is told it. A duration is counted by the store's clock.
 *
 * @throws {RangeError} when it is neither a duration nor a valid date at most ten years ahead, or the reason is too long
 */
export function pauseEnd(until: Date | Duration, reason: string): Due & { kind: "in" | "at" } {
  if (reason.length > LONGEST_REASON)
    throw new RangeError(
      `the reason of a pause is ${String(reason.length)} characters long: give at most 1000`,
    );
  if (!(until instanceof Date)) return { kind: "in", ms: milliseconds(until, "the length of a pause") };
  const at = until.getTime();
  if (Number.isNaN(at) || at > Date.now() + LONGEST_MS)
    throw new RangeError(`a pause is to end at ${String(until)}: give a valid date, at most ten years ahead`);
  return { kind: "at", at: Math.max(0, at) };
}

/** One group or many. @throws {RangeError} when one has no name, or too long a one */
export function groupNames(groups: string | readonly string[]): readonly string[] {
  const names = typeof groups === "string" ? [groups] : groups;
  const odd = names.find((name) => name === "" || name.length > 500);
  if (odd !== undefined)
    throw new RangeError(`a group's name is ${String(odd.length)} characters long: give 1 to 500`);
  return names;
}
