type Unit = "ms" | "s" | "m" | "h" | "d";

/** `"250ms" | "10s" | "5m" | "2h" | "1d"`, or a number of milliseconds; never negative. */
export type Duration = number | `${number}${Unit}`;

const MILLISECONDS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The longest time that a task may be put off, and the longest age a task may reach: 10 years. */
export const LONGEST_MS = 3_650 * 86_400_000;

/**
 * A duration in whole milliseconds.
 *
 * @throws {RangeError} when it isn't a duration, is negative, or is longer than ten years; the message names `what`
 */
export function milliseconds(duration: Duration, what: string): number {
  const parsed = typeof duration === "number" ? duration : parse(duration);
  if (!Number.isFinite(parsed) || parsed < 0 || parsed > LONGEST_MS) {
    throw new RangeError(
      `${what} is ${JSON.stringify(duration)}: give milliseconds or "250ms", "10s", "5m", "2h", "1d", from 0 to 3650d`,
    );
  }
  return Math.round(parsed);
}

function parse(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  const unit = MILLISECONDS[match?.[2] ?? ""];
  return unit === undefined ? Number.NaN : Number(match?.[1]) * unit;
}
