import { sql, type Kysely, type Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import { distrust, wishGone } from "./pds-record.js";

/** A record as somebody found it: with this wish, and confirmed. */
export interface FoundSettled {
  readonly id: string;
  /** Of the wish. */
  readonly version: number;
  readonly confirmedCid: string | null;
}

/**
 * Whether a record still is as it was found: the same wish, confirmed with the same content, and no write underway that
 * could take effect yet.
 *
 * @param settle for how long a write without an answer may still take effect; milliseconds
 */
export async function isStill(db: Kysely<Schema>, found: FoundSettled, settle: number): Promise<boolean> {
  return (await stillThere(db, found, settle).executeTakeFirst()) !== undefined;
}

/** The same, and it stays so until the transaction has ended. */
export async function holdStill(
  tx: Transaction<Schema>,
  found: FoundSettled,
  settle: number,
): Promise<boolean> {
  return (await stillThere(tx, found, settle).forNoKeyUpdate().executeTakeFirst()) !== undefined;
}

function stillThere(db: Kysely<Schema>, { id, version, confirmedCid }: FoundSettled, settle: number) {
  return db
    .selectFrom("pds_records")
    .select("id")
    .where("id", "=", id)
    .where("wish_version", "=", version)
    .where("confirmed_version", "=", version)
    .where("confirmed_cid", "is not distinct from", confirmedCid)
    .where(sql<boolean>`coalesce(sent_at < now() - ${settle}::float8 * interval '1 millisecond', true)`);
}

/**
 * Accepts the wish that a record is gone which its owner has taken away already: the PDS need not be asked for it, so it
 * is carried out whether or not we may still write there.
 */
export async function wishGoneAsFound(tx: Transaction<Schema>, id: string): Promise<void> {
  await wishGone(tx, id);
  await tx.updateTable("pds_records").set({ may_exist: false }).where("id", "=", id).execute();
}

/** Asks for a wish to be carried out again that the PDS has turned out not to be equal to (any more). */
export async function wishOnceMore(tx: Transaction<Schema>, id: string): Promise<void> {
  await distrust(tx, id);
}
