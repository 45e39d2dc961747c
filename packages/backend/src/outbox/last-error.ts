import { sql, type Kysely } from "kysely";
import type { Json, Schema } from "../database/schema.js";
import type { Intent } from "./intents.js";

const LONGEST = 500;

/** Notes beside what a task was about, where that is no record, why it is tried again. */
export type Troubled = (db: Kysely<Schema>, payload: Json, words: string) => Promise<void>;

/**
 * Notes why a run failed that is tried again: at the intent for the operator, and at what it was about for its owner. What
 * succeeds, or is given up, says something else afterwards.
 */
export async function noteLastError(
  db: Kysely<Schema>,
  troubled: Troubled | undefined,
  intent: Intent,
  message: string,
): Promise<void> {
  const reason = message.slice(0, LONGEST);
  const words = `Something went wrong here; trying again. (${reason})`;
  await db
    .updateTable("intents")
    .set({ reason })
    .where("id", "=", intent.id)
    .where("state", "=", "open")
    .execute();
  await sql`
    update pds_records set state = 'waiting', reason = ${words},
      state_since = case when state = 'waiting' then state_since else now() end
    where id::text = ${JSON.stringify(intent.payload)}::jsonb ->> 'recordId'
      and confirmed_version < wish_version and state in ('writing', 'waiting') and awaits is null
  `.execute(db);
  await troubled?.(db, intent.payload, words);
}
