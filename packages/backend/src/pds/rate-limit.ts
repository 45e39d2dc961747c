import type { PdsRefusal } from "./refusal.js";

/** Shortest and longest wait that a 429 can ask for, in milliseconds: 1 s and 24 h. */
const SHORTEST = 1_000;
const LONGEST = 86_400_000;

/** A limit whose window is no longer than this counts an address's requests; a person's points are counted by the hour. Seconds. */
const LONGEST_WINDOW_OF_ADDRESSES = 900;

/**
 * Whose limit a 429 is about. Servers count requests by address in short windows (`ratelimit-policy: 3000;w=300`), a
 * person's points by the hour and by the day (`5000;w=3600`), and files by address and day. In doubt it is taken as the
 * person's: what is wrongly held against a host holds up everybody there.
 */
export function limited(refusal: PdsRefusal): "host's limit" | "uploads' limit" | "person's limit" {
  const { headers, error, method } = refusal;
  const window = /^\s*\d+\s*;\s*w=(\d+)/.exec(headers.get("ratelimit-policy") ?? "")?.[1];
  if (window !== undefined && Number(window) <= LONGEST_WINDOW_OF_ADDRESSES) return "host's limit";
  // Not the PDS's own word: some proxy's, and those know addresses only.
  if (window === undefined && error === undefined && !headers.has("ratelimit-limit")) return "host's limit";
  return method === "uploadBlob" ? "uploads' limit" : "person's limit";
}

/**
 * How long a 429 asks us to wait, in milliseconds: until `ratelimit-reset` (epoch seconds, read against the answer's own
 * `date` where there is one, so that clocks may differ), else as `retry-after` says.
 *
 * @param now milliseconds since the epoch
 * @returns undefined when the answer names no time
 */
export function askedPause(headers: Headers, now: number): number | undefined {
  const asked = untilReset(headers, now) ?? retryAfter(headers, now);
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
