import { isStill } from "../records/second-look.js";
import type { Difference, OwnRecord } from "../repository/compare.js";
import type { AuditParts } from "./audit-parts.js";

/** A record that is not as we confirmed it to be. */
export interface Fault {
  readonly kind: "missing" | "different" | "orphan";
  readonly own: OwnRecord;
}

/**
 * Looks at one record again: rows and repository are read one after the other, and what happened in between looks like a
 * difference. The record is read while nothing of ours was underway, or it says nothing.
 *
 * @returns null when all is well, or something is underway
 * @throws {Unreadable}
 */
export async function lookAgain(
  { db, reader, settle }: Pick<AuditParts, "db" | "reader" | "settle">,
  own: OwnRecord,
  signal: AbortSignal,
): Promise<Fault | null> {
  const record = await reader.readRecord(own, signal);
  if (!(await isStill(db, own, settle))) return null;
  if (!own.wished) return record === null ? null : { kind: "orphan", own };
  if (record === null) return { kind: "missing", own };
  return record.cid === own.confirmedCid ? null : { kind: "different", own };
}

/** Whose row is to be looked at again, if any. */
export function doubtful(difference: Difference): OwnRecord | null {
  switch (difference.kind) {
    case "gone":
    case "changed":
    case "orphan":
      return difference.own;
    case "as wished":
    case "unsettled":
    case "foreign":
      return null;
  }
}
