import { milliseconds, type Duration } from "../time/duration.js";

/** How long, and how many. */
export interface Kept {
  readonly keepMs: number;
  readonly most: number;
}

/** What a store keeps of what has ended. Whoever buries a task or keeps its result decides. */
export interface Retention {
  readonly deadLetters: Kept;
  readonly results: Kept;
  /** How any task ended; undefined: nothing is kept, and nothing done for it. */
  readonly history?: Kept | undefined;
}

export interface KeepOptions {
  readonly keep?: Duration;
  /** The newest; what is beyond goes as others come. */
  readonly most?: number;
}

export interface RetentionOptions {
  readonly deadLetters?: KeepOptions | undefined;
  readonly results?: KeepOptions | undefined;
  readonly history?: KeepOptions | undefined;
}

export const DEFAULT_RETENTION: Retention = {
  deadLetters: { keepMs: 2_592_000_000, most: 10_000 },
  results: { keepMs: 600_000, most: 10_000 },
};

const DEFAULT_HISTORY: Kept = { keepMs: 86_400_000, most: 1_000 };

/** @throws {RangeError} when a time or a number is out of range */
export function readRetention({ deadLetters, results, history }: RetentionOptions): Retention {
  const { deadLetters: letters, results: ends } = DEFAULT_RETENTION;
  return {
    deadLetters: readKept(deadLetters, letters, { of: "dead letters", least: "1m", longest: "3650d" }),
    results: readKept(results, ends, { of: "results", least: "1s", longest: "30d" }),
    ...(history === undefined ? {} : { history: readKept(history, DEFAULT_HISTORY, ENDS) }),
  };
}

interface Bounds {
  readonly of: string;
  readonly least: Duration;
  readonly longest: Duration;
  readonly highest?: number;
}

const MOST = 1_000_000;
/** Redis throws a whole history away in one go when it has lain for too long: of so many in some tens of milliseconds. */
const ENDS: Bounds = { of: "ends", least: "1m", longest: "30d", highest: 100_000 };

function readKept(
  { keep, most }: KeepOptions = {},
  unsaid: Kept,
  { of, least, longest, highest = MOST }: Bounds,
): Kept {
  const keepMs = keep === undefined ? unsaid.keepMs : milliseconds(keep, `how long ${of} are kept`);
  const [from, to] = [milliseconds(least, of), milliseconds(longest, of)];
  if (keepMs < from || keepMs > to)
    throw new RangeError(
      `${of} are to be kept for ${JSON.stringify(keep)}: give ${String(least)} to ${String(longest)}`,
    );
  const count = most ?? unsaid.most;
  if (!Number.isInteger(count) || count < 1 || count > highest)
    throw new RangeError(
      `at most ${String(count)} ${of} are to be kept: give a whole number from 1 to ${String(highest)}`,
    );
  return { keepMs, most: count };
}
