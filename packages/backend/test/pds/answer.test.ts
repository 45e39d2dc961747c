import {
  FetchRequestError,
  OAuthResolverError,
  OAuthResponseError,
  TokenRefreshError,
} from "@atproto/oauth-client-node";
import { expect, test } from "vitest";
import { classify } from "../../src/pds/answer.js";
import { askedPause } from "../../src/pds/rate-limit.js";
import { RateHolds, RateHeld } from "../../src/pds/rate-holds.js";
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

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test.each([
  ["nobody listens", network("ECONNREFUSED"), { kind: "wait", untouched: true }],
  ["no such host", network("ENOTFOUND"), { kind: "wait", untouched: true }],
  ["connection cut", network("ECONNRESET"), { kind: "wait", untouched: false }],
  ["cut in the answer", network("UND_ERR_SOCKET"), { kind: "wait", untouched: false }],
  [
    "a network error of the OAuth library",
    new FetchRequestError(new Request("http://pds.test"), 502, "Connection refused"),
    { kind: "wait", untouched: false },
  ],
  [
    "metadata out of reach",
    new OAuthResolverError("failed", { cause: network("ECONNREFUSED") }),
    { kind: "wait", untouched: true },
  ],
  ["our own time limit", new DOMException("too slow", "TimeoutError"), { kind: "wait", untouched: false }],
  ["500", refusal(500, "InternalServerError"), { kind: "wait", untouched: false }],
  ["501", refusal(501), { kind: "wait", untouched: false }],
  ["502 of a proxy", refusal(502), { kind: "wait", untouched: false }],
  ["503", refusal(503), { kind: "wait", untouched: false }],
  ["408 of a proxy", refusal(408), { kind: "wait", untouched: false }],
  ["404: nobody at this path", refusal(404), { kind: "wait", untouched: true }],
  [
    "429 with retry-after",
    refusal(429, "RateLimitExceeded", { "retry-after": "120" }),
    { kind: "wait", pause: 2 * MINUTE, untouched: true },
  ],
  ["429 without a time", refusal(429), { kind: "wait", untouched: true }],
  ["a hold after a 429", new RateHeld(5_000), { kind: "wait", pause: 5_000, untouched: true }],
  [
    "429 of the token endpoint",
    oauth(429, "slow_down", { "retry-after": "7" }),
    { kind: "wait", pause: 7_000, untouched: true },
  ],
  ["503 of the token endpoint", oauth(503), { kind: "wait", untouched: true }],
  ["account deactivated", refusal(401, "AccountDeactivated"), { kind: "wait", pause: HOUR, untouched: true }],
  ["account taken down", refusal(401, "AccountTakedown"), { kind: "wait", pause: HOUR, untouched: true }],
  ["no such repository", refusal(400, "RepoNotFound"), { kind: "wait", pause: HOUR, untouched: true }],
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
  ["retry-after before reset", { "retry-after": "5", "ratelimit-reset": String(NOW / 1_000 + 40) }, 5_000],
  ["a reset that is over: the shortest wait", { "ratelimit-reset": String(NOW / 1_000 - 40) }, 1_000],
  ["a year: the longest wait", { "retry-after": "31536000" }, 24 * HOUR],
  ["nonsense", { "retry-after": "soon", "ratelimit-reset": "later" }, undefined],
  ["nothing", {}, undefined],
])("a 429 asks for a pause: %s", (_name, headers, expected) => {
  expect(askedPause(new Headers(headers as Record<string, string>), NOW)).toBe(expected);
});

test("a hold is on one person, and ends", () => {
  const holds = new RateHolds();
  holds.hold("did:plc:a", 60_000);
  expect(() => {
    holds.check("did:plc:a");
  }).toThrow(RateHeld);
  holds.check("did:plc:b");
  holds.hold("did:plc:a", -1);
  holds.check("did:plc:a");
});
