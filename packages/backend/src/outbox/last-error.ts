import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Intent } from "./intents.js";

const LONGEST = 500;

/**
 * Notes why a run failed that is tried again: at the intent for the operator, and at the record that it was about for its
 * owner. What succeeds, or is given up, says something else afterwards.
 */
export async function noteLastError(db: Kysely<Schema>, intent: Intent, message: string): Promise<void> {
  const reason = message.slice(0, LONGEST);
  await db
    .updateTable("intents")
    .set({ reason })
    .where("id", "=", intent.id)
    .where("state", "=", "open")
    .execute();
  await sql`
    update pds_records set state = 'waiting', reason = ${`Something went wrong here; trying again. (${reason})`},
      state_since = case when state = 'waiting' then state_since else now() end
    where id::text = ${JSON.stringify(intent.payload)}::jsonb ->> 'recordId'
      and confirmed_version < wish_version and state in ('writing', 'waiting') and awaits is null
  `.execute(db);
}
