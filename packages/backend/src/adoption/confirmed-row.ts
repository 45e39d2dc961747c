import { sql, type Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import type { RepositoryRecord } from "../repository/repository.js";

/** A row as it was when the repository was compared with it. */
export interface RowSeen {
  readonly id: string;
  /** Of the wish. */
  readonly version: number;
}

/**
 * Writes down that a record is at its PDS, and wished to be as it is there. Whether it was made here isn't known, so nobody
 * will write it over.
 *
 * @param seen undefined: it had no row
 * @returns the row's id; null when it is not as it was seen any more
 */
export async function confirmAsFound(
  tx: Transaction<Schema>,
  did: string,
  { collection, rkey, cid, value }: RepositoryRecord,
  seen: RowSeen | undefined,
): Promise<string | null> {
  const confirmed = {
    wish: JSON.stringify(value),
    confirmed_cid: cid,
    confirmed_wish: null,
    confirmed_at: sql<Date>`now()`,
    may_exist: true,
    made_here: false,
    awaits: null,
    sent_at: null,
    sent_version: null,
    state: "confirmed" as const,
    state_since: sql<Date>`now()`,
    reason: null,
    deferrals: 0,
  };
  if (seen === undefined) {
    const row = await tx
      .insertInto("pds_records")
      .values({ did, collection, rkey, wish_version: 1, confirmed_version: 1, ...confirmed })
      .onConflict((conflict) => conflict.columns(["did", "collection", "rkey"]).doNothing())
      .returning("id")
      .executeTakeFirst();
    return row?.id ?? null;
  }
  const row = await tx
    .updateTable("pds_records")
    .set({
      ...confirmed,
      wish_version: sql<number>`wish_version + 1`,
      confirmed_version: sql<number>`wish_version + 1`,
    })
    .where("id", "=", seen.id)
    .where("wish_version", "=", seen.version)
    .returning("id")
    .executeTakeFirst();
  return row?.id ?? null;
}
