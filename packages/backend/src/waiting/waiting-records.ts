import { sql, type Kysely, type Transaction } from "kysely";
import type { RecordContent, Schema } from "../database/schema.js";
import type { Intent } from "../outbox/intents.js";
import type { Witnessed } from "../records/write-state.js";
import type { Action, Waiting } from "./family.js";
import { TooLate } from "./refusals.js";

/** A record that is neither as wished nor given up. */
export interface WaitingRecord extends Waiting, Witnessed {
  readonly action: Action;
  /** Since when it is asked for. */
  readonly asked: Date;
}

/** @param limit at most this many, those that are asked for longest first */
export async function waitingRecords(
  db: Kysely<Schema>,
  did: string,
  limit: number,
): Promise<WaitingRecord[]> {
  return select(db, did).orderBy("asked").orderBy("record.id").limit(limit).execute();
}

export async function waitingRecord(
  db: Kysely<Schema>,
  did: string,
  id: string,
): Promise<WaitingRecord | undefined> {
  return select(db, did).where("record.id", "=", id).executeTakeFirst();
}

function select(db: Kysely<Schema>, did: string) {
  return db
    .selectFrom("pds_records as record")
    .leftJoinLateral(
      (join) =>
        join
          .selectFrom("intents")
          .select([
            sql<Date>`min(created_at)`.as("first"),
            sql<string | null>`min(payload ->> 'about')`.as("about"),
          ])
          .where(sql<boolean>`payload ->> 'recordId' = record.id::text`)
          .where("state", "=", "open")
          .as("intent"),
      (on) => on.onTrue(),
    )
    .select(["record.id", "record.did", "collection", "rkey", "record.state", "record.reason", "state_since"])
    .select(["intent.about", sql<Date>`coalesce(intent.first, record.state_since)`.as("asked")])
    .select(action("record").as("action"))
    .where("record.did", "=", did)
    .whereRef("confirmed_version", "<", "wish_version")
    .where("record.state", "!=", "failed");
}

function action(table: string) {
  return sql<Action>`case when ${sql.ref(`${table}.wish`)} is null then 'remove'
    when ${sql.ref(`${table}.confirmed_cid`)} is null then 'add' else 'change' end`;
}

/**
 * What there is to be done with a record. No outcome is recorded from now on until the transaction has ended.
 *
 * @throws {TooLate} when the PDS has it by now
 */
export async function currentWrite(
  tx: Transaction<Schema>,
  id: string,
): Promise<{ action: Action; confirmedWish: RecordContent | null }> {
  const row = await tx
    .selectFrom("pds_records")
    .select(["confirmed_version", "wish_version", "confirmed_wish", action("pds_records").as("action")])
    .where("id", "=", id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (row === undefined || row.confirmed_version === row.wish_version) {
    throw new TooLate("It has been written to your PDS in the meantime");
  }
  return { action: row.action, confirmedWish: row.confirmed_wish };
}

/** What is to carry a record's writes out. */
export async function openIntentsOf(db: Kysely<Schema>, recordId: string): Promise<Intent[]> {
  return db
    .selectFrom("intents")
    .select(["id", "task", "payload", "traceparent"])
    .where(sql<boolean>`payload ->> 'recordId' = ${recordId}`)
    .where("state", "=", "open")
    .execute();
}
