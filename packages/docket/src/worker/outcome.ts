import { inspect } from "node:util";
import { Cancelled, InvalidPayload, LeaseLost, RetryAt, Terminal, WorkerStopping } from "../errors.js";
import type { Claim, Outcome, Settlement, Stored } from "../store/store.js";
import { troubleAsJson } from "../task/payload.js";
import type { Death, Task } from "../task/task.js";

/** What a run came to: an outcome for the store, and the death behind it; undefined when the run no longer counts. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly death?: Death;
}

export const DONE: Verdict = { outcome: { kind: "done" } };

/** Results travel many to a call, with other news: what is larger belongs elsewhere, and its name in the result. */
const LONGEST_RESULT = 65_536;

/** The verdict on a run whose result is kept. @throws {Terminal} when JSON can't carry it */
export function doneWith(task: string, returned: unknown): Verdict {
  if (returned === undefined) return { outcome: { kind: "done", result: { json: undefined } } };
  const trouble = troubleAsJson(returned, "what it returned");
  if (trouble !== undefined)
    throw new Terminal(`${task} is done, but ${trouble}: return plain JSON values only`);
  const json = JSON.stringify(returned);
  if (json.length > LONGEST_RESULT)
    throw new Terminal(
      `${task} is done, but what it returned is ${String(json.length)} characters of JSON: return its id`,
    );
  return { outcome: { kind: "done", result: { json } } };
}

export const RETURNED: Verdict = { outcome: { kind: "return" } };
export const ASIDE: Verdict = { outcome: { kind: "aside" } };

/** The verdict on a run that threw `error`. `now` is the store's time. */
export function judge<Services>(
  error: unknown,
  facts: {
    claim: Claim;
    stored: Stored;
    task: Task<unknown, Services>;
    /** Why the run was told to end, if it was. */
    reason: Error | undefined;
    now: number;
    random: () => number;
  },
): Verdict | undefined {
  const { claim, stored, task, reason, now, random } = facts;
  if (reason instanceof LeaseLost) return undefined;
  if (reason instanceof Cancelled) return DONE;
  if (reason instanceof WorkerStopping) return RETURNED;
  if (error instanceof Terminal) return dead("terminal", error, claim, stored);
  if (error instanceof InvalidPayload) return dead("payload", error, claim, stored);
  const oldest = stored.addedAt + task.maxAgeMs;
  if (error instanceof RetryAt) {
    const at = error.due(now);
    return at > oldest ? dead("age", error, claim, stored) : { outcome: { kind: "park", at } };
  }
  try {
    if (task.retry.retries?.(error) === false) return dead("terminal", error, claim, stored);
  } catch (thrown) {
    return dead("terminal", thrown, claim, stored);
  }
  if (claim.attempt >= task.retry.attempts) return dead("attempts", error, claim, stored);
  const ms = Math.max(0, Math.round(task.retry.delay(claim.attempt, random)));
  // Asked this way round, so that a policy that gives no number ends the task rather than stops the store.
  if (!(now + ms <= oldest)) return dead("age", error, claim, stored);
  return { outcome: { kind: "retry", ms, info: failure(error, claim, now) } };
}

/**
 * The verdict on a run of a task that comes by itself: whatever it came to, it comes again, and a failure is kept in its
 * history. `next` and `now` are the store's.
 */
export function comeAgain(
  { outcome, death }: Verdict,
  facts: { claim: Claim; error: unknown; next: number; now: number },
): Verdict {
  const { claim, error, next, now } = facts;
  const at = Math.max(now, next);
  if (outcome.kind === "done" || outcome.kind === "park") return { outcome: { kind: "park", at } };
  if (outcome.kind === "retry" || outcome.kind === "dead")
    return { outcome: { kind: "retry", ms: at - now, info: failure(error, claim, now) } };
  return death === undefined ? { outcome } : { outcome, death };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(typeof error === "string" ? error : inspect(error));
}

/** What is kept of a failure that isn't the last: JSON. */
function failure(error: unknown, { attempt, delivery }: Claim, now: number): string {
  const { name, message } = asError(error);
  const kept: Failure = { at: now, attempt, delivery, error: { name, message: message.slice(0, 500) } };
  return JSON.stringify(kept);
}

/** A failure after which a task was tried again. */
export interface Failure {
  /** Milliseconds since the epoch, by the store's clock. */
  readonly at: number;
  readonly attempt: number;
  readonly delivery: number;
  readonly error: { readonly name: string; readonly message: string };
}

/** The verdict that gives a task up, with all that is known of why. */
export function dead(
  cause: Death["cause"],
  error: unknown,
  claim: Claim,
  stored: Stored | undefined,
): Verdict {
  const { name, message, stack } = asError(error);
  const info: LetterInfo = {
    cause,
    error: { name, message, ...(stack === undefined ? {} : { stack: stack.slice(0, 4_000) }) },
    attempt: claim.attempt,
    delivery: claim.delivery,
  };
  const death: Death = {
    id: claim.id,
    key: stored?.key === "" ? undefined : stored?.key,
    task: stored?.name ?? "",
    cause,
    reason: message,
  };
  const bounded = message.slice(0, 500).toWellFormed();
  return { outcome: { kind: "dead", info: JSON.stringify(info), message: bounded }, death };
}

/** What the store is to be told of a delivery. */
export function settlementOf(claim: Claim, { outcome }: Verdict): Settlement {
  const { serial = "", key = "", name = "", version, addedAt } = claim.stored ?? {};
  return { id: claim.id, delivery: claim.delivery, ties: { serial, key, name, version }, addedAt, outcome };
}

/** What is kept of a death beside the task. */
export interface LetterInfo {
  readonly cause: Death["cause"];
  readonly error: { readonly name: string; readonly message: string; readonly stack?: string };
  readonly attempt: number;
  readonly delivery: number;
}

/** Reads what `dead` wrote; undefined for anything else. */
export function readInfo(json: string): LetterInfo | undefined {
  try {
    const read: unknown = JSON.parse(json);
    return isInfo(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function isInfo(value: unknown): value is LetterInfo {
  return (
    typeof value === "object" &&
    value !== null &&
    "cause" in value &&
    typeof value.cause === "string" &&
    "attempt" in value &&
    "delivery" in value &&
    "error" in value &&
    typeof value.error === "object" &&
    value.error !== null &&
    "message" in value.error &&
    typeof value.error.message === "string"
  );
}

/** Reads what `failure` wrote; undefined for anything else. */
export function readFailure(json: string): Failure | undefined {
  try {
    const read: unknown = JSON.parse(json);
    return isFailure(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function isFailure(value: unknown): value is Failure {
  return (
    typeof value === "object" &&
    value !== null &&
    "at" in value &&
    typeof value.at === "number" &&
    "attempt" in value &&
    "delivery" in value &&
    "error" in value
  );
}
