import { isStill } from "../records/second-look.js";
import type { Difference, OwnRecord } from "../repository/compare.js";
import type { AuditParts } from "./audit-parts.js";

/** A record that is not as we confirmed it to be. `foreign`: what is there now was not written by us. */
export interface Fault {
  readonly kind: "missing" | "different" | "orphan" | "foreign";
  readonly own: OwnRecord;
}

/** A fault in what is ours. */
export interface Repairable {
  readonly kind: Exclude<Fault["kind"], "foreign">;
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
  if (record === null) return own.wished ? { kind: "missing", own } : null;
  if (own.wished && record.cid === own.confirmedCid) return null;
  if (own.rkey === SHARED || !(await wasMadeHere(db, own.id))) return { kind: "foreign", own };
  return { kind: own.wished ? "different" : "orphan", own };
}

/** The one place of its collection, where other apps write as well: what is there may be theirs by now. */
const SHARED = "self";

async function wasMadeHere(db: AuditParts["db"], id: string): Promise<boolean> {
  const row = await db.selectFrom("pds_records").select("made_here").where("id", "=", id).executeTakeFirst();
  return row?.made_here === true;
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
