import { sql, type Kysely } from "kysely";
import type { Json, RecordState, Schema } from "../database/schema.js";

/** The task that writes one record. Its open intents are what goes out in batches. */
export const RECORD_WRITE = "pds.record.write";
/** The task that writes those of one person and collection together. */
export const RECORDS_BATCH = "pds.records.batch";

/** From this many open writes of one person in one collection on, they go out together. */
export const CROWD = 10;

/** A write counts as fresh for this long after it was accepted; seconds. */
const FRESH = 30;

/** One record's open write, among those of its owner. */
export interface OpenWrite {
  readonly collection: string;
  readonly state: RecordState;
  /** In words, why it has not been done yet. */
  readonly reason: string | null;
  /** It can go with others: it spoilt no batch, and waits for no other record. */
  readonly sociable: boolean;
}

export async function openWrite(db: Kysely<Schema>, recordId: string): Promise<OpenWrite | undefined> {
  return db
    .selectFrom("pds_records")
    .select(["collection", "state", "reason"])
    .select(
      sql<boolean>`awaits is null and apart_version is distinct from wish_version and confirmed_version < wish_version`.as(
        "sociable",
      ),
    )
    .where("id", "=", recordId)
    .executeTakeFirst();
}

/**
 * Whether so many writes of this person are open that they go out together: then this one needs no call of its own.
 * One that was just asked for, while the many others have been waiting for longer, still goes at once and by itself.
 *
 * @param intentId of the write that asks
 */
export async function isCrowded(
  db: Kysely<Schema>,
  did: string,
  collection: string,
  intentId: string | undefined,
): Promise<boolean> {
  const { rows } = await sql<{ id: string; fresh: boolean }>`
    select intents.id, intents.created_at > now() - ${FRESH}::float8 * interval '1 second' as fresh
    from intents join pds_records record on record.id = (intents.payload ->> 'recordId')::uuid
    where intents.state = 'open' and intents.payload ->> 'did' = ${did} and intents.task = ${RECORD_WRITE}
      and record.collection = ${collection} and record.state <> 'needs-sign-in' and record.awaits is null
      and record.apart_version is distinct from record.wish_version
    order by intents.created_at desc limit ${CROWD}
  `.execute(db);
  if (rows.length < CROWD) return false;
  const isFresh = rows.some(({ id, fresh }) => fresh && id === intentId);
  return !isFresh || rows.every(({ fresh }) => fresh);
}

/** The intent that is to write this person's records of this collection together, if one is open. */
export async function openBatch(db: Kysely<Schema>, subject: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("intents")
    .select("id")
    .where("subject", "=", subject)
    .where("state", "=", "open")
    .executeTakeFirst();
  return row?.id;
}

/** An open write that a batch can take along. */
export interface Candidate {
  readonly intentId: string;
  readonly payload: Json;
  readonly subject: string;
  readonly recordId: string;
}

/**
 * The open writes that can go out together now, the longest waiting first. A write is left out while an earlier one of
 * the same subject can't go along: they keep their order.
 *
 * @param most at most this many intents
 */
export async function candidates(
  db: Kysely<Schema>,
  did: string,
  collection: string,
  most: number,
): Promise<Candidate[]> {
  const { rows } = await sql<Candidate>`
    select intents.id as "intentId", intents.payload, intents.subject, record.id as "recordId"
    from intents join pds_records record on record.id = (intents.payload ->> 'recordId')::uuid
    where intents.state = 'open' and intents.payload ->> 'did' = ${did} and intents.task = ${RECORD_WRITE}
      and record.collection = ${collection} and record.awaits is null
      and record.apart_version is distinct from record.wish_version
      and not exists (
        select 1 from intents earlier
        left join pds_records before on before.id::text = earlier.payload ->> 'recordId'
        where earlier.subject = intents.subject and earlier.state = 'open'
          and earlier.created_at < intents.created_at
          and (earlier.task <> ${RECORD_WRITE} or before.collection is distinct from ${collection}
            or before.awaits is not null or before.apart_version = before.wish_version)
      )
    order by intents.created_at limit ${most}
  `.execute(db);
  return rows;
}
