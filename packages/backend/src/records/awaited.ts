import { RetryAt, Terminal } from "@plyr/docket";
import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Intent } from "../outbox/intents.js";
import { pauseAfter, type Pauses } from "./pauses.js";
import { defer, type Holder, type PdsRecord } from "./pds-record.js";

/**
 * Stands in a wish for the CID that isn't known yet (it is the CID of an empty record, so that the wish is valid). A
 * record that `awaits` another is never sent, so nobody ever sees it.
 */
export const UNKNOWN_CID = "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua";

const NOT_YET = "The track is not on its artist's PDS yet. This goes on by itself when it is.";
const NEVER = "The track did not get to its artist's PDS, so nothing can refer to it.";

/**
 * Fills in the CID of the record that a wish refers to, once that record is on its PDS.
 *
 * @throws {RetryAt} while it is not
 * @throws {Terminal} when it never will be: it was given up, or is to be gone
 */
export async function fillInAwaited(
  parts: { readonly db: Kysely<Schema>; readonly pauses: Pauses },
  record: PdsRecord,
  holder: Holder,
): Promise<void> {
  if (record.awaits === null) return;
  const subject = await parts.db
    .selectFrom("pds_records")
    .select(["confirmed_cid", "wish", "state"])
    .where("id", "=", record.awaits)
    .executeTakeFirst();
  if (subject === undefined || subject.wish === null || subject.state === "failed") throw new Terminal(NEVER);
  if (subject.confirmed_cid === null) {
    const outcome = { state: "waiting", reason: NOT_YET } as const;
    const deferrals = await defer(parts.db, record, outcome, holder);
    throw new RetryAt(pauseAfter(deferrals ?? 0, parts.pauses), NOT_YET);
  }
  await parts.db
    .updateTable("pds_records")
    .set({
      wish: sql`jsonb_set(wish, '{subject,cid}', to_jsonb(${subject.confirmed_cid}::text))`,
      awaits: null,
    })
    .where("id", "=", record.id)
    .where("wish_version", "=", record.wish_version)
    .execute();
}

/** The open intents of the records that wait for this one. */
export async function intentsAwaiting(db: Kysely<Schema>, recordId: string): Promise<Intent[]> {
  const { rows } = await sql<Intent>`
    select intents.id, intents.task, intents.payload, intents.traceparent from intents
    join pds_records on pds_records.id::text = intents.payload ->> 'recordId'
    where pds_records.awaits = ${recordId}::uuid and intents.state = 'open'
  `.execute(db);
  return rows;
}
