import {
  FetchError,
  OAuthResolverError,
  OAuthResponseError,
  TokenInvalidError,
  TokenRefreshError,
  TokenRevokedError,
} from "@atproto/oauth-client-node";
import { AccountMoved } from "../auth/moved.js";
import { NotStored, StorageUnavailable } from "../storage/storage.js";
import { Held } from "./held.js";
import { askedPause, limited } from "./rate-limit.js";
import { PdsRefusal } from "./refusal.js";

/**
 * Whom it concerns that a call can't be made now: all calls to the host (it is away), those that its limit for our address
 * counts, its limit for files, or the person's own; the person's account; or nobody else (it is known already).
 */
export type Concern = "host" | "host's limit" | "uploads' limit" | "person's limit" | "account" | "this call";

/** What a failed call to a PDS means for the write. Every `reason` is for the record's owner to read. */
export type Answer =
  /** It can't be done now; `pause` in milliseconds when something says how long, else the pauses grow. */
  | {
      readonly kind: "wait";
      readonly reason: string;
      readonly concerns: Concern;
      readonly pause?: number;
      readonly untouched: boolean;
    }
  /** Only its owner can go on: the grant is gone (`grantLost`), or is in order but doesn't cover this record. */
  | {
      readonly kind: "sign-in";
      readonly reason: string;
      readonly grantLost: boolean;
      readonly untouched: boolean;
    }
  /** The PDS understood and said no: asking again can't help. */
  | { readonly kind: "refused"; readonly reason: string; readonly untouched: boolean }
  /** None of these: the task's retry policy decides. */
  | { readonly kind: "unclear"; readonly reason: string; readonly untouched: boolean };

const HOUR = 3_600_000;

/** XRPC error names (whatever their status) of an account that can't be written to for now. */
const ACCOUNT_AWAY = new Set([
  "AccountDeactivated",
  "AccountTakedown",
  "AccountSuspended",
  "AccountNotFound",
  "RepoDeactivated",
  "RepoTakendown",
  "RepoSuspended",
  "RepoNotFound",
]);

const BAD_TOKEN = new Set(["ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"]);
const BAD_SCOPE = new Set(["ScopeMissingError", "InsufficientScope", "insufficient_scope"]);

/** What Node says when a request never reached a server. */
const NEVER_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/**
 * Takes a failed call apart. The libraries wrap each other's errors, so the first cause that says something counts.
 * `untouched` is true only when the PDS certainly did not apply the write.
 */
export function classify(error: unknown, now = Date.now()): Answer {
  for (const cause of causesOf(error)) {
    const answer = judge(cause, now);
    if (answer !== undefined) return answer;
  }
  return {
    kind: "unclear",
    reason: `Unexpected trouble with your PDS: ${messageOf(error)}`,
    untouched: false,
  };
}

/** Whether it was our own storage that a call with a file failed at: that says nothing of the PDS. */
export function isOwnStorage(error: unknown): boolean {
  return causesOf(error).some((cause) => cause instanceof StorageUnavailable || cause instanceof NotStored);
}

/** The PDS's own answer in a failed call, if there was one. */
export function refusalIn(error: unknown): PdsRefusal | undefined {
  return causesOf(error).find((cause) => cause instanceof PdsRefusal);
}

function judge(error: unknown, now: number): Answer | undefined {
  if (error instanceof PdsRefusal) return refusal(error, now);
  if (error instanceof AccountMoved) return signIn(error.message);
  if (error instanceof Held) {
    const { pause, untouched, message: reason } = error;
    return { kind: "wait", reason, concerns: "this call", pause, untouched };
  }
  if (isSessionGone(error)) {
    return signIn("Your permission to write to your PDS has ended. Sign in again, and it goes on.");
  }
  if (error instanceof OAuthResponseError) return authServer(error, now);
  if (error instanceof OAuthResolverError || error instanceof FetchError)
    return unreachable(isNeverSent(error));
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return {
      kind: "wait",
      reason: "Your PDS did not answer in time.",
      concerns: "host",
      untouched: false,
    };
  }
  // This is how Node's fetch reports every failure of the network.
  if (error instanceof TypeError && error.message === "fetch failed") return unreachable(isNeverSent(error));
  if (codeOf(error) !== undefined) return unreachable(isNeverSent(error));
  return undefined;
}

function refusal(said: PdsRefusal, now: number): Answer {
  const { status, error, detail } = said;
  if (error !== undefined && ACCOUNT_AWAY.has(error)) {
    const reason = `Your PDS says that the account can't be written to (${error}).`;
    return { kind: "wait", reason, concerns: "account", pause: HOUR, untouched: true };
  }
  if (status === 429) return rateLimited(limited(said), askedPause(said.headers, now));
  if (status === 401 || (error !== undefined && BAD_TOKEN.has(error))) {
    return signIn("Your PDS no longer accepts our permission. Sign in again, and it goes on.");
  }
  if (status === 403 && error !== undefined && BAD_SCOPE.has(error)) {
    return signIn(
      "The permission that you gave does not cover this record. Sign in again, and it goes on.",
      false,
    );
  }
  if (status >= 500 || status === 408 || status === 425) {
    const reason = `Your PDS is in trouble (it answered ${String(status)}).`;
    return { kind: "wait", reason, concerns: "host", untouched: false };
  }
  // Nobody at this path: a host that is being moved or restarted behind its proxy.
  if (status === 404) return unreachable(true);
  if (status === 413) return refused("the record is too large");
  // Without an XRPC error in it, some proxy's 400 is not the PDS's own word.
  if (status === 400 && error !== undefined) return refused(detail ?? error);
  const reason = `Your PDS gave an unexpected answer (${String(status)}${error === undefined ? "" : ` ${error}`}).`;
  return { kind: "unclear", reason, untouched: false };
}

/** What the authorization server said when a token was to be refreshed: nothing has been written yet. */
function authServer(error: OAuthResponseError, now: number): Answer {
  // Nobody is known to it at this point but our address.
  if (error.status === 429) return rateLimited("host's limit", askedPause(error.headers, now));
  if (error.error === "invalid_grant")
    return signIn("Your permission has ended. Sign in again, and it goes on.");
  if (error.status >= 500) return unreachable(true);
  const reason = `Your PDS did not renew our permission (${error.error ?? String(error.status)}).`;
  return { kind: "unclear", reason, untouched: true };
}

function rateLimited(concerns: Concern, pause: number | undefined): Answer {
  const reason = "Your PDS asks us to slow down (rate limit). Waiting as long as it asks.";
  return { kind: "wait", reason, concerns, untouched: true, ...(pause === undefined ? {} : { pause }) };
}

function unreachable(untouched: boolean): Answer {
  return { kind: "wait", reason: "Your PDS can't be reached.", concerns: "host", untouched };
}

function signIn(reason: string, grantLost = true): Answer {
  return { kind: "sign-in", reason, grantLost, untouched: true };
}

function refused(why: string): Answer {
  return { kind: "refused", reason: `Your PDS refused the record: ${why}`, untouched: true };
}

function isSessionGone(error: unknown): boolean {
  if (error instanceof TokenRefreshError || error instanceof TokenRevokedError) return true;
  if (error instanceof TokenInvalidError) return true;
  // The library throws this one without exporting its class.
  return error instanceof Error && error.constructor.name === "AuthMethodUnsatisfiableError";
}

function isNeverSent(error: unknown): boolean {
  return causesOf(error).some((cause) => NEVER_SENT.has(codeOf(cause) ?? ""));
}

/** The `code` of an error of Node or undici, as in `ECONNRESET`. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  return /^(E[A-Z]+|EAI_AGAIN|UND_ERR_[A-Z_]+)$/.test(error.code) ? error.code : undefined;
}

function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let cause: unknown = error; cause instanceof Error && !causes.includes(cause); cause = cause.cause) {
    causes.push(cause);
    if (cause instanceof AggregateError) {
      // Node tries all addresses of a host and reports each failure.
      const each: unknown[] = cause.errors;
      causes.push(...each);
    }
  }
  return causes;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
