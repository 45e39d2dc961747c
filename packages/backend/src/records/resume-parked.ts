import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Intent } from "../outbox/intents.js";

/**
 * Takes a person's records that waited for a sign-in back to `writing`.
 *
 * @returns the open intents that are to carry them on
 */
export async function resumeParked(db: Kysely<Schema>, did: string): Promise<Intent[]> {
  const { rows } = await sql<Intent>`
    with resumed as (
      update pds_records set state = 'writing', reason = null, state_since = now(), deferrals = 0
      where did = ${did} and state = 'needs-sign-in' and confirmed_version < wish_version
      returning id
    )
    select intents.id, intents.task, intents.payload from intents
    join resumed on resumed.id::text = intents.payload ->> 'recordId'
    where intents.state = 'open'
  `.execute(db);
  return rows;
}
