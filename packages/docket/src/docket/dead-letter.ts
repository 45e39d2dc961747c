import type { Letter } from "../store/store.js";
import type { Death } from "../task/task.js";
import { readFailure, readInfo } from "../worker/outcome.js";

/** A task that was given up, with what is known of why. */
export interface DeadLetter {
  readonly id: string;
  readonly task: string | undefined;
  /** Of its payload. */
  readonly version: number | undefined;
  readonly key: string | undefined;
  readonly payload: unknown;
  readonly diedAt: Date;
  readonly addedAt: Date | undefined;
  readonly cause: Death["cause"] | undefined;
  readonly error: { readonly name: string; readonly message: string; readonly stack?: string } | undefined;
  readonly attempt: number | undefined;
  readonly delivery: number | undefined;
  /** The failures before its last, oldest first; the last nine are known. */
  readonly history: readonly FailedAttempt[];
}

export interface FailedAttempt {
  readonly at: Date;
  readonly attempt: number;
  readonly delivery: number;
  readonly error: { readonly name: string; readonly message: string };
}

export interface LettersAsked extends LettersMeant {
  /** At most so many; default 100. */
  readonly limit?: number;
}

/** Which dead letters are meant: those of which all that is said holds. */
export interface LettersMeant {
  /** Of this task only. */
  readonly task?: string;
  /** Only those whose error's message has this in it. */
  readonly error?: string;
  /** Only those that died before this time. */
  readonly before?: Date;
  /** Only those that died then or after it. */
  readonly after?: Date;
}

/** What became of many that were to live again. */
export interface ManyReplayed {
  readonly replayed: number;
  /** How many stay because a living task has their key. */
  readonly keyInUse: number;
  /** Those that stay because their task doesn't take the payload that was made for them, or isn't known here. */
  readonly unfit: readonly { readonly id: string; readonly reason: string }[];
}

export function isMeant(letter: DeadLetter, { task, error, before, after }: LettersMeant): boolean {
  if (task !== undefined && letter.task !== task) return false;
  if (error !== undefined && !(letter.error?.message ?? "").includes(error)) return false;
  return (
    !(before !== undefined && letter.diedAt >= before) && !(after !== undefined && letter.diedAt < after)
  );
}

/** Dead letters of one task that died of the same. */
export interface DeadGroup {
  readonly task: string | undefined;
  /** Without numbers and ids. */
  readonly error: string;
  readonly count: number;
  readonly newest: DeadLetter;
}

export function readLetter({ id, diedAt, info, stored, failures }: Letter): DeadLetter {
  const why = readInfo(info);
  return {
    id,
    task: stored?.name,
    version: stored === undefined ? undefined : (stored.version ?? 1),
    key: stored?.key === "" ? undefined : stored?.key,
    payload: stored === undefined ? undefined : readable(stored.payload),
    diedAt: new Date(diedAt),
    addedAt: stored === undefined ? undefined : new Date(stored.addedAt),
    cause: why?.cause,
    error: why?.error,
    attempt: why?.attempt,
    delivery: why?.delivery,
    history: failures.flatMap((json) => {
      const read = readFailure(json);
      return read === undefined ? [] : [{ ...read, at: new Date(read.at) }];
    }),
  };
}

/** By task and error, the largest first. @param letters newest first */
export function grouped(letters: readonly DeadLetter[]): DeadGroup[] {
  const groups = new Map<string, DeadGroup>();
  for (const letter of letters) {
    const { task } = letter;
    const error = withoutIds(letter.error?.message ?? "unknown");
    const name = JSON.stringify([task, error]);
    const { count = 0, newest = letter } = groups.get(name) ?? {};
    groups.set(name, { task, error, count: count + 1, newest });
  }
  return [...groups.values()].sort((one, other) => other.count - one.count);
}

/** What tells one failure from the next of the same error: addresses, DIDs, ids, numbers. */
export function withoutIds(message: string): string {
  return message
    .slice(0, 500)
    .replaceAll(/\bdid:[a-z]+:[\w.:%-]+/g, "…")
    .replaceAll(/\b(?=[\w-]*\d)[\w-]{10,}\b/g, "…")
    .replaceAll(/\d+/g, "…");
}

function readable(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
