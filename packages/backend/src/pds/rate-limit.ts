/** Shortest and longest wait that a 429 can ask for, in milliseconds: 1 s and 24 h. */
const SHORTEST = 1_000;
const LONGEST = 86_400_000;

/**
 * How long a 429 asks us to wait, in milliseconds. `retry-after` is relative and so immune to clocks that differ;
 * `ratelimit-reset` (epoch seconds) is read against the answer's own `date` where there is one.
 *
 * @param now milliseconds since the epoch
 * @returns undefined when the answer names no time
 */
export function askedPause(headers: Headers, now: number): number | undefined {
  const asked = retryAfter(headers, now) ?? untilReset(headers, now);
  return asked === undefined ? undefined : Math.min(LONGEST, Math.max(SHORTEST, asked));
}

function retryAfter(headers: Headers, now: number): number | undefined {
  const value = headers.get("retry-after");
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : date - (dateOf(headers) ?? now);
}

function untilReset(headers: Headers, now: number): number | undefined {
  const value = headers.get("ratelimit-reset");
  if (value === null || !/^\d+$/.test(value)) return undefined;
  return Number(value) * 1_000 - (dateOf(headers) ?? now);
}

function dateOf(headers: Headers): number | undefined {
  const date = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(date) ? undefined : date;
}
