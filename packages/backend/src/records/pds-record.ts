import { TID } from "@atproto/common-web";
import { sql, type Kysely, type RawBuilder, type Selectable } from "kysely";
import type { PdsRecordsTable, RecordContent, RecordState, Schema } from "../database/schema.js";
import { holdOn } from "./held-rows.js";
import { demandValid } from "./valid-content.js";

/** A record as the reconciler reads it. */
export type PdsRecord = Selectable<PdsRecordsTable> & {
  /** Milliseconds since `sent_at`, by the database's clock. */
  readonly sent_age_ms: number | null;
};

/**
 * Accepts the wish that a new record exists. Its rkey is chosen here, once: a retry can't make a second record.
 *
 * @returns the new row's id
 * @throws {InvalidRecord} when its lexicon refuses the content
 */
export async function wishRecord(
  tx: Kysely<Schema>,
  wish: {
    did: string;
    collection: string;
    content: RecordContent;
    /** The record that `content.subject` refers to, when its CID is not known yet. */
    awaits?: string | null;
    /** Where the lexicon says which it is; default: a new one. */
    rkey?: string;
    /** Default: nobody but us writes it. */
    shared?: boolean;
  },
): Promise<string> {
  demandValid(wish.collection, wish.content);
  const { id } = await tx
    .insertInto("pds_records")
    .values({
      did: wish.did,
      collection: wish.collection,
      rkey: wish.rkey ?? TID.nextStr(),
      wish: JSON.stringify(wish.content),
      awaits: wish.awaits ?? null,
      shared: wish.shared ?? false,
      ...accepted(sql`${wish.did}::text`),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/**
 * Accepts the wish that a record says something else. What it said before is never written if that has not happened yet.
 *
 * @throws {InvalidRecord} when its lexicon refuses the content
 */
export async function wishContent(
  tx: Kysely<Schema>,
  id: string,
  wish: { collection: string; content: RecordContent },
): Promise<void> {
  demandValid(wish.collection, wish.content);
  await wishAnew(tx, id, JSON.stringify(wish.content));
}

/** Accepts the wish that a record is gone. */
export async function wishGone(tx: Kysely<Schema>, id: string): Promise<void> {
  await wishAnew(tx, id, null);
}

/** Accepts the wish that a record is what the PDS is confirmed to have (`confirmed_wish`, which is not null). */
export async function wishAsConfirmed(tx: Kysely<Schema>, id: string): Promise<void> {
  await wishAnew(tx, id, sql<string>`confirmed_wish`);
}

async function wishAnew(
  tx: Kysely<Schema>,
  id: string,
  wish: string | RawBuilder<string> | null,
): Promise<void> {
  await tx
    .updateTable("pds_records")
    .set({
      wish,
      made_here: true,
      // What is to be gone waits for nothing.
      ...(wish === null ? { awaits: null } : {}),
      wish_version: sql`wish_version + 1`,
      confirmed_wish: sql<string>`case when confirmed_version = wish_version then wish else confirmed_wish end`,
      ...accepted(sql`pds_records.did`),
      state_since: sql`now()`,
      deferrals: 0,
    })
    .where("id", "=", id)
    .execute();
}

/** How a wish stands that has just been accepted: on its way, unless nothing is sent for this person now. */
function accepted(did: RawBuilder<unknown>) {
  const reason = holdOn(did);
  return { state: sql<RecordState>`case when ${reason} is null then 'writing' else 'waiting' end`, reason };
}

export async function readRecord(db: Kysely<Schema>, id: string): Promise<PdsRecord | undefined> {
  return db
    .selectFrom("pds_records")
    .selectAll()
    .select(sql<number | null>`(extract(epoch from now() - sent_at) * 1000)::float8`.as("sent_age_ms"))
    .where("id", "=", id)
    .executeTakeFirst();
}

/** The subject's lease under which an outcome is recorded. */
export interface Holder {
  readonly subject: string;
  readonly token: string;
}

/**
 * To be committed before a write leaves: from then until its answer only the PDS knows.
 *
 * @param settle for how long a write without an answer may still take effect; milliseconds
 * @returns false: the lease is somebody else's by now, and nothing may leave
 */
export async function markSent(
  db: Kysely<Schema>,
  { id, wish, wish_version, may_exist }: PdsRecord,
  settle: number,
  holder: Holder,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("pds_records")
    .set({
      may_exist: may_exist || wish !== null,
      sent_version: sql`case when sent_at > now() - ${settle}::float8 * interval '1 millisecond'
        then least(sent_version, ${wish_version}) else ${wish_version} end`,
      sent_at: sql`now()`,
    })
    .where("id", "=", id)
    .where(holds(holder))
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/**
 * Takes `markSent` back: the write has been answered. What was unanswered before it still is.
 *
 * @param record as it was read before the write
 * @param untouched the PDS certainly didn't apply the write
 */
export async function markAnswered(
  db: Kysely<Schema>,
  record: PdsRecord,
  untouched: boolean,
  holder: Holder,
): Promise<void> {
  await db
    .updateTable("pds_records")
    .set({ ...unansweredBefore(record), ...(untouched ? { may_exist: record.may_exist } : onItsWay(record)) })
    .where("id", "=", record.id)
    .where(holds(holder))
    .execute();
}

/** The PDS has answered: whatever the record waited for, it doesn't any more, unless a newer wish does. */
function onItsWay({ wish_version: version }: PdsRecord) {
  return {
    state: sql<RecordState>`case when wish_version = ${version} then 'writing' else state end`,
    reason: sql<string | null>`case when wish_version = ${version} then null else reason end`,
  };
}

function unansweredBefore({ sent_at, sent_version }: PdsRecord) {
  return { sent_at, sent_version };
}

/**
 * Records that the PDS has this version of the wish. Only the holder of the subject's lease may say so: a run
 * that lost it could otherwise take the row back to an older version.
 *
 * @param record as it was read before the write
 * @param cid the record's CID at the PDS; null: it is not there
 * @returns whether it was recorded; false: the lease is somebody else's by now
 */
export async function confirm(
  db: Kysely<Schema>,
  record: PdsRecord,
  cid: string | null,
  holder: Holder,
): Promise<boolean> {
  const { id, wish_version: version } = record;
  const { numUpdatedRows } = await db
    .updateTable("pds_records")
    .set({
      confirmed_version: version,
      confirmed_cid: cid,
      confirmed_wish: sql<string>`case when wish_version = ${version} then null
        else ${record.wish === null ? null : JSON.stringify(record.wish)}::jsonb end`,
      confirmed_at: sql`now()`,
      may_exist: cid !== null,
      ...unansweredBefore(record),
      state: sql<RecordState>`case when wish_version = ${version} then 'confirmed' else 'writing' end`,
      state_since: sql`now()`,
      reason: null,
      deferrals: 0,
    })
    .where("id", "=", id)
    .where(holds(holder))
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/**
 * Records why the wish could not be carried out now. Whoever lost the subject's lease, or was overtaken by a newer
 * wish, changes nothing.
 *
 * @returns how many deferrals there have been in a row, this one included; null: nothing was changed
 */
export async function defer(
  db: Kysely<Schema>,
  record: PdsRecord,
  outcome: { state: RecordState; reason: string },
  holder: Holder,
): Promise<number | null> {
  const row = await db
    .updateTable("pds_records")
    .set({
      state: outcome.state,
      reason: outcome.reason,
      state_since: sql`case when state = ${outcome.state} then state_since else now() end`,
      deferrals: sql`deferrals + 1`,
    })
    .where("id", "=", record.id)
    .where("wish_version", "=", record.wish_version)
    .where(holds(holder))
    .returning("deferrals")
    .executeTakeFirst();
  return row?.deferrals ?? null;
}

/** Asks for another pass over a record whose last outcome can't be trusted. */
export async function distrust(db: Kysely<Schema>, id: string): Promise<void> {
  await db
    .updateTable("pds_records")
    .set({
      confirmed_version: sql`least(confirmed_version, wish_version - 1)`,
      confirmed_wish: null,
      may_exist: true,
      state: "writing",
      state_since: sql`now()`,
    })
    .where("id", "=", id)
    .execute();
}

/** Gives a record up, unless the PDS is confirmed to be as wished or another intent is still to see to it. */
export async function markFailed(db: Kysely<Schema>, id: string, reason: string): Promise<void> {
  await db
    .updateTable("pds_records")
    .set({ state: "failed", reason, state_since: sql`now()` })
    .where("id", "=", id)
    .whereRef("confirmed_version", "<", "wish_version")
    .where(
      sql<boolean>`not exists (
        select 1 from intents where intents.state = 'open' and intents.payload ->> 'recordId' = pds_records.id::text
      )`,
    )
    .execute();
}

/** Takes a given-up record up again. */
export async function unmarkFailed(db: Kysely<Schema>, id: string): Promise<void> {
  await db
    .updateTable("pds_records")
    .set({ state: "writing", reason: null, state_since: sql`now()`, deferrals: 0 })
    .where("id", "=", id)
    .where("state", "=", "failed")
    .execute();
}

/** For `where`: whether the subject's lease is still the holder's. */
export function holds(holder: Holder) {
  return sql<boolean>`exists (
    select 1 from subject_leases where subject = ${holder.subject} and token = ${holder.token}
  )`;
}
