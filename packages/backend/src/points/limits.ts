/** What an answer's `ratelimit-*` headers say of the points of the person who was written for. */
export interface ToldLimit {
  readonly window: "hour" | "day";
  readonly limit: number;
  readonly remaining: number;
  /** When the window ends; milliseconds since the epoch. */
  readonly resetsAt: number;
}

const WINDOWS = new Map([
  ["3600", "hour"],
  ["86400", "day"],
] as const);

/** Whether the PDS counts at all: then it says so with each answer to a write. */
export function isCounting(headers: Headers): boolean {
  return headers.has("ratelimit-limit") || headers.has("ratelimit-policy");
}

/**
 * A PDS names the tightest of its limits only, `5000;w=3600` as policy, say. One over five minutes is that of our address,
 * and nothing of a person's.
 *
 * @returns null when the headers name no limit of a person
 */
export function toldLimit(headers: Headers): ToldLimit | null {
  const [, limit, seconds] = /^(\d{1,9});w=(\d{1,9})$/.exec(headers.get("ratelimit-policy") ?? "") ?? [];
  const window = [...WINDOWS].find(([length]) => length === seconds)?.[1];
  const remaining = wholeNumber(headers.get("ratelimit-remaining"));
  const reset = wholeNumber(headers.get("ratelimit-reset"));
  if (window === undefined || limit === undefined || remaining === null || reset === null) return null;
  return { window, limit: Number(limit), remaining, resetsAt: reset * 1_000 };
}

function wholeNumber(value: string | null): number | null {
  return value !== null && /^\d{1,12}$/.test(value) ? Number(value) : null;
}
