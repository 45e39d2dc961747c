import { RetryAt, Terminal } from "@plyr/docket";
import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Lease } from "../outbox/subject-lease.js";
import { classify } from "../pds/answer.js";
import type { PdsClient } from "../pds/client.js";
import { fillInAwaited } from "./awaited.js";
import { pauseAfter, signInPause, type Pauses } from "./pauses.js";
import { confirm, defer, distrust, markSent, readRecord, type PdsRecord } from "./pds-record.js";

export interface ReconcileParts {
  readonly db: Kysely<Schema>;
  readonly pds: PdsClient;
  /** Told when a person's grant is of no use any more. */
  readonly markGrantLost: (did: string, reason: string) => Promise<void>;
  /**
   * For how long a write that was cut off may still take effect at the PDS; milliseconds. Longer than one call may
   * take (`PdsClientOptions.limit`).
   */
  readonly settle: number;
  readonly pauses: Pauses;
}

/** Another run has had this subject in the meantime; what this one did to the PDS may have come late. */
export class SubjectLost extends Error {
  override readonly name = "SubjectLost";
}

/**
 * Makes a record on its owner's PDS equal to the wish that the database holds *now*, and records the outcome beside
 * the row; goes round again while the wish has changed meanwhile.
 *
 * Safe to run twice, late, or out of order: it carries no change of its own but reads the wish afresh, puts the
 * record at the rkey that was chosen when the request was accepted (a second put leaves the same record), deletes
 * what may be gone already, and only the holder of the subject's lease records an outcome.
 *
 * @param signal aborts between and during calls
 * @throws {RetryAt} the PDS can't be written to now, or its owner must sign in; the row says which
 * @throws {Terminal} the PDS refused the record, or there is no such row
 * @throws {SubjectLost} the lease was lost before the outcome could be recorded; the row asks for another pass
 */
export async function reconcile(
  parts: ReconcileParts,
  recordId: string,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> {
  const held = AbortSignal.any([signal, lease.signal]);
  for (;;) {
    held.throwIfAborted();
    const record = await readRecord(parts.db, recordId);
    if (record === undefined) throw new Terminal(`record ${recordId} is not in the database (any more)`);
    if (record.confirmed_version === record.wish_version) return;
    if (record.awaits !== null) {
      await fillInAwaited(parts, record, lease);
      continue;
    }
    const cid = await carryOut(parts, record, lease, held);
    if (await confirm(parts.db, record.id, record.wish_version, cid, lease)) continue;
    await distrust(parts.db, record.id);
    throw new SubjectLost(`${lease.subject}: the lease was lost while record ${recordId} was being written`);
  }
}

/** @returns the CID that the PDS now has, null when the record is gone */
async function carryOut(
  parts: ReconcileParts,
  record: PdsRecord,
  lease: Lease,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    if (record.wish !== null) {
      if (!record.may_exist) await markSent(parts.db, record.id);
      return await parts.pds.put(record, record.wish, signal);
    }
    if (!record.may_exist) return null;
    await parts.pds.delete(record, signal);
  } catch (error) {
    // Cut off from this side: the engine or the lease says what comes next, and the row stays as it is.
    if (signal.aborted) throw error;
    throw await afterTrouble(parts, record, lease, error);
  }
  const unsettled = unsettledFor(parts, record);
  if (unsettled > 0)
    throw new RetryAt(unsettled, "a write that was cut off could still arrive: deleting once more");
  return null;
}

/**
 * A put whose answer never came can reach the PDS after the delete that follows it. So a delete counts only once such
 * a put can't arrive any more; until then the record is deleted again.
 *
 * @returns milliseconds left
 */
function unsettledFor(parts: ReconcileParts, record: PdsRecord): number {
  if (record.confirmed_cid !== null) return 0;
  return Math.ceil(parts.settle - record.state_age_ms);
}

/** Records in the row why a call to the PDS did not work. @returns what the run is to throw */
export async function afterTrouble(
  parts: Pick<ReconcileParts, "db" | "markGrantLost" | "pauses">,
  record: PdsRecord,
  lease: Lease,
  cause: unknown,
): Promise<unknown> {
  const answer = classify(cause);
  const { reason, untouched } = answer;
  const note = (state: "waiting" | "needs-sign-in" | "writing") =>
    defer(parts.db, record, { state, reason, untouched }, lease);
  switch (answer.kind) {
    case "wait": {
      const deferrals = await note("waiting");
      return new RetryAt(answer.pause ?? pauseAfter(deferrals ?? 0, parts.pauses), reason, { cause });
    }
    case "sign-in": {
      await parts.markGrantLost(record.did, reason);
      const deferrals = await note("needs-sign-in");
      return new RetryAt(signInPause(deferrals ?? 0), reason, { cause });
    }
    case "refused":
      await note("writing");
      return new Terminal(reason, { cause });
    case "unclear":
      await note("waiting");
      return cause;
  }
}
