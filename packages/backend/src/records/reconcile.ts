import { isDeepStrictEqual } from "node:util";
import { RetryAt, Terminal } from "@plyr/docket";
import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Lease } from "../outbox/subject-lease.js";
import { classify } from "../pds/answer.js";
import type { PdsClient } from "../pds/client.js";
import { fillInAwaited } from "./awaited.js";
import { pauseAfter, signInPause, type Pauses } from "./pauses.js";
import {
  confirm,
  defer,
  distrust,
  markAnswered,
  markSent,
  readRecord,
  type PdsRecord,
} from "./pds-record.js";

/** For how long a write that was cut off may still take effect at the PDS; milliseconds. Twice the limit of a call. */
export const SETTLE = 30_000;

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

/** After a failed try, when the wish has changed meanwhile; milliseconds. */
const OVERTAKEN = 200;

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
    if (await confirm(parts.db, record, cid, lease)) continue;
    await distrust(parts.db, record.id);
    throw lost(lease, record);
  }
}

/** @returns the CID that the PDS now has, null when the record is gone */
async function carryOut(
  parts: ReconcileParts,
  record: PdsRecord,
  lease: Lease,
  signal: AbortSignal,
): Promise<string | null> {
  if (record.wish === null && !record.may_exist) return null;
  if (isAsConfirmed(record)) return record.confirmed_cid;
  if (!(await markSent(parts.db, record, parts.settle, lease))) throw lost(lease, record);
  const cid = await write(parts, record, lease, signal);
  const unsettled = unsettledFor(parts, record);
  if (unsettled <= 0) return cid;
  await markAnswered(parts.db, record, false, lease);
  throw new RetryAt(unsettled, "an earlier write that was cut off could still arrive: writing once more");
}

/** A change was thought better of before it left: nothing is to be written. An unanswered write could have changed it. */
function isAsConfirmed({ wish, confirmed_wish, confirmed_cid, sent_at }: PdsRecord): boolean {
  return (
    wish !== null && confirmed_cid !== null && sent_at === null && isDeepStrictEqual(wish, confirmed_wish)
  );
}

async function write(
  parts: ReconcileParts,
  record: PdsRecord,
  lease: Lease,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    if (record.wish !== null) return await parts.pds.put(record, record.wish, signal);
    await parts.pds.delete(record, signal);
    return null;
  } catch (error) {
    // Cut off from this side: the engine or the lease says what comes next, and the row stays as it is.
    if (signal.aborted) throw error;
    throw await afterTrouble(parts, record, lease, error);
  }
}

/**
 * A write whose answer never came can reach the PDS after those that follow it, and leave an older version there (or
 * a record that was deleted). So a write counts only once no other version can arrive any more; until then it is made
 * again. An older write of the very same version does no harm.
 *
 * @returns milliseconds left
 */
function unsettledFor(parts: ReconcileParts, { sent_age_ms, sent_version, wish_version }: PdsRecord): number {
  if (sent_age_ms === null || sent_version === wish_version) return 0;
  return Math.ceil(parts.settle - sent_age_ms);
}

function lost(lease: Lease, record: PdsRecord): SubjectLost {
  return new SubjectLost(`${lease.subject}: the lease was lost while record ${record.id} was being written`);
}

/** Records in the row why a call to the PDS did not work. @returns what the run is to throw */
export async function afterTrouble(
  parts: Pick<ReconcileParts, "db" | "markGrantLost" | "pauses">,
  record: PdsRecord,
  lease: Lease,
  cause: unknown,
): Promise<unknown> {
  const answer = classify(cause);
  const { reason } = answer;
  if (answer.untouched) await markAnswered(parts.db, record, true, lease);
  const note = (state: "waiting" | "needs-sign-in" | "writing") =>
    defer(parts.db, record, { state, reason }, lease);
  switch (answer.kind) {
    case "wait": {
      const deferrals = await note("waiting");
      return new RetryAt(answer.pause ?? pauseAfter(deferrals ?? 0, parts.pauses), reason, { cause });
    }
    case "sign-in": {
      // A grant that only lacks this collection goes on serving the others.
      if (answer.grantLost) await parts.markGrantLost(record.did, reason);
      const deferrals = await note("needs-sign-in");
      // A newer wish may need no permission: it is looked at soon.
      const pause = deferrals === null ? OVERTAKEN : signInPause(deferrals);
      return new RetryAt(pause, reason, { cause });
    }
    case "refused":
      await note("writing");
      return new Terminal(reason, { cause });
    case "unclear":
      await note("waiting");
      return cause;
  }
}
