import { sql, type Kysely } from "kysely";
import type { Json, RecordState, Schema } from "../database/schema.js";
import { notStruck } from "../strikes/strikes.js";

/** The task that writes one record. Its open intents are what goes out in batches. */
export const RECORD_WRITE = "pds.record.write";
/** The task that writes those of one person and collection together. */
export const RECORDS_BATCH = "pds.records.batch";

/** What the subject of such a batch begins with. */
const BATCH_SUBJECT = "batch:";

export function batchSubject({ did, collection }: { did: string; collection: string }): string {
  return `${BATCH_SUBJECT}${did}:${collection}`;
}

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
  /** Others of this person and collection that could go along; only so many are counted as make a crowd. */
  readonly others: number;
  /** Whether it was asked for just now, while the many others have been waiting for longer. */
  readonly isolated: boolean;
  /** Whether the batch that is to carry them is there already. */
  readonly hasBatch: boolean;
}

/**
 * What is to be known of a write before it goes by itself, in one question.
 *
 * @param intentId of the run that asks
 */
export async function openWrite(
  db: Kysely<Schema>,
  recordId: string,
  intentId: string | undefined,
): Promise<OpenWrite | undefined> {
  const { rows } = await sql<OpenWrite>`
    select own.collection, own.state, own.reason,
      own.awaits is null and own.apart_version is distinct from own.wish_version
        and own.confirmed_version < own.wish_version as sociable,
      crowd.count as others,
      crowd.count > 0 and crowd.includes_own and not crowd.fresh as isolated,
      exists (
        select 1 from intents batch
        where batch.state = 'open' and batch.payload ->> 'did' = own.did and batch.task = ${RECORDS_BATCH}
          and batch.payload ->> 'collection' = own.collection
          and batch.subject = ${BATCH_SUBJECT} || own.did || ':' || own.collection
      ) as "hasBatch"
    from pds_records own, lateral (
      select count(*)::integer as count, coalesce(bool_and(fresh), false) as fresh,
        coalesce(bool_or(fresh and id = ${intentId ?? null}::uuid), false) as includes_own
      from (
        select intents.id, intents.created_at > now() - ${FRESH}::float8 * interval '1 second' as fresh
        from intents join pds_records record on record.id = (intents.payload ->> 'recordId')::uuid
        where intents.state = 'open' and intents.payload ->> 'did' = own.did and intents.task = ${RECORD_WRITE} and ${notStruck}
          and record.collection = own.collection and record.state <> 'needs-sign-in' and record.awaits is null
          and record.apart_version is distinct from record.wish_version
        order by intents.created_at desc limit ${CROWD}
      ) newest
    ) crowd
    where own.id = ${recordId}
  `.execute(db);
  return rows[0];
}

/** Of these intents the open writes that can go with others now, and whose they are. */
export async function sociableWrites(
  db: Kysely<Schema>,
  intentIds: readonly string[],
): Promise<{ readonly intentId: string; readonly did: string; readonly collection: string }[]> {
  const { rows } = await sql<{ intentId: string; did: string; collection: string }>`
    select intents.id as "intentId", record.did, record.collection
    from intents join pds_records record on record.id = (intents.payload ->> 'recordId')::uuid
    where intents.id in (${sql.join(intentIds)}) and intents.state = 'open' and intents.task = ${RECORD_WRITE} and ${notStruck}
      and record.awaits is null and record.apart_version is distinct from record.wish_version
  `.execute(db);
  return rows;
}

/** Whether a batch is there to write this person's records of this collection. */
export async function hasOpenBatch(db: Kysely<Schema>, subject: string): Promise<boolean> {
  const row = await db
    .selectFrom("intents")
    .select("id")
    .where("subject", "=", subject)
    .where("state", "=", "open")
    .executeTakeFirst();
  return row !== undefined;
}

/** An open write that a batch can take along. */
export interface Candidate {
  readonly intentId: string;
  readonly payload: Json;
  readonly subject: string;
  readonly recordId: string;
  /** As `Intent.traceparent`. */
  readonly traceparent: string | null;
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
    select intents.id as "intentId", intents.payload, intents.subject, record.id as "recordId",
      intents.traceparent
    from intents join pds_records record on record.id = (intents.payload ->> 'recordId')::uuid
    where ${notStruck} and intents.state = 'open' and intents.payload ->> 'did' = ${did} and intents.task = ${RECORD_WRITE}
      and record.collection = ${collection} and record.awaits is null
      and record.apart_version is distinct from record.wish_version
      and not exists (
        select 1 from intents earlier
        left join pds_records before on before.id = (earlier.payload ->> 'recordId')::uuid
        where earlier.subject = intents.subject and earlier.state <> 'dead'
          and earlier.created_at < intents.created_at
          and (earlier.task <> ${RECORD_WRITE} or before.collection is distinct from ${collection}
            or before.awaits is not null or before.apart_version = before.wish_version)
      )
    order by intents.created_at limit ${most}
  `.execute(db);
  return rows;
}
