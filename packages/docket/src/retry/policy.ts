/** When a failed task runs again. */
export interface RetryPolicy {
  /** How often a task may run and fail before it goes to the dead letters, the first run included; ≥1. */
  readonly attempts: number;
  /** Milliseconds to wait after the `attempt`-th attempt (from 1) has failed. `random` is uniform in [0, 1). */
  delay(attempt: number, random: () => number): number;
  /** Whether what a run threw is worth another one; without it, everything is. One that isn't goes to the dead letters at once. */
  retries?(error: unknown): boolean;
}

/** Which errors are worth another run. Without either: all. */
export interface RetriedErrors {
  /** Those for which it is true; a timeout comes as `TimedOut`. What it throws itself takes the error's place, and isn't tried again. */
  readonly when?: (error: unknown) => boolean;
  /** Those of these classes, and of such as extend them. Beside `when` both must hold. */
  readonly on?: readonly (abstract new (...args: never) => Error)[];
}

/** One attempt: a failure goes to the dead letters. */
export const never: RetryPolicy = { attempts: 1, delay: () => 0 };

/** @throws {RangeError} when it isn't a whole number from 1 to 1000 */
export function checkAttempts(attempts: number): number {
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > 1000)
    throw new RangeError(`attempts is ${String(attempts)}: give a whole number from 1 to 1000`);
  return attempts;
}

/** @throws {RangeError} when `on` is empty: then nothing would ever be tried again */
export function filter({ when, on }: RetriedErrors): Pick<RetryPolicy, "retries"> {
  if (on?.length === 0)
    throw new RangeError("the retry's on is empty: name an error's class, or leave it out");
  if (when === undefined && on === undefined) return {};
  return {
    retries: (error) => (on?.some((kind) => error instanceof kind) ?? true) && (when?.(error) ?? true),
  };
}
