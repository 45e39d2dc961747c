import { sql, type Kysely } from "kysely";
import { RECORDS_BATCH } from "../batches/crowd.js";
import type { Schema } from "../database/schema.js";
import type { Intent } from "../outbox/intents.js";

/**
 * Takes a person's records that waited for a sign-in back to `writing`.
 *
 * @returns the open intents that are to carry them on: the batches, and of the others those that no batch will take along
 */
export async function resumeParked(db: Kysely<Schema>, did: string): Promise<Intent[]> {
  const { rows } = await sql<Intent>`
    with resumed as (
      update pds_records set state = 'writing', reason = null, state_since = now(), deferrals = 0
      where did = ${did} and state = 'needs-sign-in' and confirmed_version < wish_version
      returning id, collection, awaits is null and apart_version is distinct from wish_version as sociable
    ), batches as (
      select id, task, payload, traceparent from intents
      where state = 'open' and payload ->> 'did' = ${did} and task = ${RECORDS_BATCH}
    )
    select id, task, payload, traceparent from batches
    union all
    select intents.id, intents.task, intents.payload, intents.traceparent from intents
    join resumed on resumed.id::text = intents.payload ->> 'recordId'
    where intents.state = 'open' and not (resumed.sociable and exists (
      select 1 from batches where batches.payload ->> 'collection' = resumed.collection
    ))
  `.execute(db);
  return rows;
}
