import {
  FetchRequestError,
  OAuthResolverError,
  OAuthResponseError,
  TokenRefreshError,
} from "@atproto/oauth-client-node";
import { expect, test } from "vitest";
import { classify } from "../../src/pds/answer.js";
import { askedPause, limited } from "../../src/pds/rate-limit.js";
import { Held } from "../../src/pds/held.js";
import type { Hold } from "../../src/pds/holds.js";
import { PdsRefusal } from "../../src/pds/refusal.js";

const NOW = Date.parse("2026-11-24T12:00:00Z");

function refusal(
  status: number,
  error?: string,
  headers: Record<string, string> = {},
  detail?: string,
): PdsRefusal {
  return new PdsRefusal(status, new Headers(headers), error, detail);
}

function network(code: string): Error {
  return new TypeError("fetch failed", { cause: Object.assign(new Error(`connect ${code}`), { code }) });
}

/** As `@atproto/api` hands on what was thrown below it. */
const wrapped = (cause: unknown): Error => new Error("wrapped", { cause });

function oauth(status: number, error?: string, headers: Record<string, string> = {}): OAuthResponseError {
  return new OAuthResponseError(
    new Response(null, { status, headers }),
    error === undefined ? {} : { error },
  );
}

function hold(over: Partial<Hold>): Hold {
  const until = new Date(NOW);
  const rest = { until, since: until, remaining: 0, tries: 1, reason: "Held." };
  return { scope: "host", name: "pds.test", cause: "limit", ...rest, ...over };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test.each([
  ["nobody listens", network("ECONNREFUSED"), { kind: "wait", concerns: "host", untouched: true }],
  ["no such host", network("ENOTFOUND"), { kind: "wait", concerns: "host", untouched: true }],
  ["connection cut", network("ECONNRESET"), { kind: "wait", concerns: "host", untouched: false }],
  ["cut in the answer", network("UND_ERR_SOCKET"), { kind: "wait", concerns: "host", untouched: false }],
  [
    "a network error of the OAuth library",
    new FetchRequestError(new Request("http://pds.test"), 502, "Connection refused"),
    { kind: "wait", concerns: "host", untouched: false },
  ],
  [
    "metadata out of reach",
    new OAuthResolverError("failed", { cause: network("ECONNREFUSED") }),
    { kind: "wait", concerns: "host", untouched: true },
  ],
  [
    "our own time limit",
    new DOMException("too slow", "TimeoutError"),
    { kind: "wait", concerns: "host", untouched: false },
  ],
  ["500", refusal(500, "InternalServerError"), { kind: "wait", concerns: "host", untouched: false }],
  ["501", refusal(501), { kind: "wait", concerns: "host", untouched: false }],
  ["502 of a proxy", refusal(502), { kind: "wait", concerns: "host", untouched: false }],
  ["503", refusal(503), { kind: "wait", concerns: "host", untouched: false }],
  ["408 of a proxy", refusal(408), { kind: "wait", concerns: "host", untouched: false }],
  ["404: nobody at this path", refusal(404), { kind: "wait", concerns: "host", untouched: true }],
  [
    "429 with retry-after",
    refusal(429, "RateLimitExceeded", { "retry-after": "120" }),
    { kind: "wait", concerns: "person's limit", pause: 2 * MINUTE, untouched: true },
  ],
  ["429 without a time", refusal(429), { kind: "wait", concerns: "host's limit", untouched: true }],
  [
    "429 of the token endpoint",
    oauth(429, "slow_down", { "retry-after": "7" }),
    { kind: "wait", concerns: "host's limit", pause: 7_000, untouched: true },
  ],
  ["503 of the token endpoint", oauth(503), { kind: "wait", concerns: "host", untouched: true }],
  [
    "account deactivated",
    refusal(401, "AccountDeactivated"),
    { kind: "wait", concerns: "account", pause: HOUR, untouched: true },
  ],
  [
    "account taken down",
    refusal(401, "AccountTakedown"),
    { kind: "wait", concerns: "account", pause: HOUR, untouched: true },
  ],
  [
    "no such repository",
    refusal(400, "RepoNotFound"),
    { kind: "wait", concerns: "account", pause: HOUR, untouched: true },
  ],
  [
    "no grant, or refresh refused",
    new TokenRefreshError("did:plc:x", "gone"),
    { kind: "sign-in", grantLost: true, untouched: true },
  ],
  ["invalid_grant", oauth(400, "invalid_grant"), { kind: "sign-in", grantLost: true, untouched: true }],
  [
    "401 after a refresh",
    refusal(401, "invalid_token"),
    { kind: "sign-in", grantLost: true, untouched: true },
  ],
  ["401 without a word", refusal(401), { kind: "sign-in", grantLost: true, untouched: true }],
  ["400 InvalidToken", refusal(400, "InvalidToken"), { kind: "sign-in", grantLost: true, untouched: true }],
  ["400 ExpiredToken", refusal(400, "ExpiredToken"), { kind: "sign-in", grantLost: true, untouched: true }],
  ["403: scope", refusal(403, "ScopeMissingError"), { kind: "sign-in", grantLost: false, untouched: true }],
  [
    "400 InvalidRequest",
    refusal(400, "InvalidRequest", {}, "Bad rkey"),
    { kind: "refused", untouched: true },
  ],
  ["400 of another name", refusal(400, "InvalidSwap"), { kind: "refused", untouched: true }],
  ["413", refusal(413), { kind: "refused", untouched: true }],
  ["400 of a proxy", refusal(400), { kind: "unclear", untouched: false }],
  ["403 of a proxy", refusal(403), { kind: "unclear", untouched: false }],
  ["invalid_client", oauth(401, "invalid_client"), { kind: "unclear", untouched: true }],
  ["anything else", new Error("what?"), { kind: "unclear", untouched: false }],
  ["a bug of ours", new TypeError("x is not a function"), { kind: "unclear", untouched: false }],
])("%s", (_name, error, expected) => {
  for (const thrown of [error, wrapped(error), wrapped(wrapped(error))]) {
    const { reason, ...answer } = classify(thrown, NOW);
    expect(answer).toEqual(expected);
    expect(reason).not.toBe("");
  }
});

test("a refusal hands on the PDS's own words", () => {
  expect(classify(refusal(400, "InvalidRequest", {}, "Bad rkey")).reason).toBe(
    "Your PDS refused the record: Bad rkey",
  );
});

test("an error that is its own cause is no trap", () => {
  const error = new Error("round");
  error.cause = error;
  expect(classify(error).kind).toBe("unclear");
});

test.each([
  ["retry-after in seconds", { "retry-after": "30" }, 30_000],
  [
    "retry-after as a date, by the answer's own clock",
    { "retry-after": "Tue, 24 Nov 2026 13:00:10 GMT", date: "Tue, 24 Nov 2026 13:00:00 GMT" },
    10_000,
  ],
  ["reset, by our clock", { "ratelimit-reset": String(NOW / 1_000 + 40) }, 40_000],
  [
    "reset, by the answer's own clock",
    { "ratelimit-reset": String(NOW / 1_000 + 3_640), date: "Tue, 24 Nov 2026 13:00:00 GMT" },
    40_000,
  ],
  ["reset before retry-after", { "retry-after": "5", "ratelimit-reset": String(NOW / 1_000 + 40) }, 40_000],
  ["a reset that is over: the shortest wait", { "ratelimit-reset": String(NOW / 1_000 - 40) }, 1_000],
  ["a year: the longest wait", { "retry-after": "31536000" }, 24 * HOUR],
  ["nonsense", { "retry-after": "soon", "ratelimit-reset": "later" }, undefined],
  ["nothing", {}, undefined],
])("a 429 asks for a pause: %s", (_name, headers, expected) => {
  expect(askedPause(new Headers(headers as Record<string, string>), NOW)).toBe(expected);
});

test("a hold on a host that is away is waited for until it is woken, and a minute and a half at most", () => {
  const answer = classify(new Held(hold({ cause: "away", remaining: 5_000 }), false));
  expect(answer).toMatchObject({ kind: "wait", concerns: "this call", untouched: false, reason: "Held." });
  const pause = answer.kind === "wait" ? answer.pause : undefined;
  expect(pause).toBeGreaterThanOrEqual(45_000);
  expect(pause).toBeLessThanOrEqual(90_000);
});

test("a hold for a limit is waited for, and hardly longer", () => {
  const { pause } = new Held(hold({ remaining: 5_000 }), true);
  expect(pause).toBeGreaterThanOrEqual(5_000);
  expect(pause).toBeLessThanOrEqual(5_500);
});

const LIMITED = "RateLimitExceeded";

test.each([
  ["putRecord", "3000;w=300", LIMITED, "host's limit"],
  ["uploadBlob", "3000;w=300", LIMITED, "host's limit"],
  ["putRecord", "5000;w=3600", LIMITED, "person's limit"],
  ["applyWrites", "35000;w=86400", LIMITED, "person's limit"],
  ["uploadBlob", "1000;w=86400", LIMITED, "uploads' limit"],
  ["uploadBlob", undefined, LIMITED, "uploads' limit"],
  ["putRecord", undefined, LIMITED, "person's limit"],
  ["putRecord", "nonsense", LIMITED, "person's limit"],
  ["putRecord", undefined, undefined, "host's limit"],
])("a 429 of %s with the policy %s and the error %s is about the %s", (method, policy, error, expected) => {
  const headers = new Headers(policy === undefined ? {} : { "ratelimit-policy": policy });
  expect(limited(new PdsRefusal(429, headers, error, undefined, method))).toBe(expected);
});
