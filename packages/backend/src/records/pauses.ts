/** Milliseconds. */
export interface Pauses {
  readonly shortest: number;
  readonly longest: number;
}

export const outagePauses: Pauses = { shortest: 1_000, longest: 60_000 };

/**
 * How long to wait before trying a PDS again that is away. It doubles up to the longest pause, so that a write is made
 * at most that long after the outage has ended; the jitter keeps a crowd from coming back all at once.
 *
 * @param deferrals tries in a row that were put off, from 1; 0: unknown, the shortest pause
 * @returns milliseconds, from half of the shortest pause to the longest
 */
export function pauseAfter(
  deferrals: number,
  { shortest, longest }: Pauses = outagePauses,
  random: () => number = Math.random,
): number {
  const whole = Math.min(longest, shortest * 2 ** Math.min(20, Math.max(0, deferrals - 1)));
  return Math.round(whole * (0.5 + random() / 2));
}

/** In milliseconds: 10 s, 1 min, 10 min, then every 6 h. */
const SIGN_IN_PAUSES = [10_000, 60_000, 600_000];
const SIGN_IN_PAUSE = 21_600_000;

/**
 * How long to leave a write alone whose owner must sign in. A sign-in wakes it; the first tries come soon all the same,
 * because a sign-in can fall between the PDS's refusal and the parking, and then there is nothing to wake yet.
 *
 * @param deferrals tries in a row that were put off, from 1
 * @returns milliseconds
 */
export function signInPause(deferrals: number): number {
  return SIGN_IN_PAUSES[Math.max(0, deferrals - 1)] ?? SIGN_IN_PAUSE;
}
