import { sql, type Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Schedule } from "../outbox/outbox.js";
import type { TealCollections } from "../records/collections.js";
import { wishContent, wishGone, wishRecord } from "../records/pds-record.js";
import { statusRecord, type HeardTrack } from "../records/teal.js";
import type { TaskServices } from "../tasks/services.js";
import { statusExpiry } from "./rule.js";
import { writeStatus } from "./write-status.js";

/** As its lexicon has it: a person has one status. */
const RKEY = "self";

/** What a person listens to now. To be called while they do one thing at a time: only the newest is ever written. */
export async function showStatus(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  teal: TealCollections,
  did: string,
  track: HeardTrack,
  since: Date,
): Promise<void> {
  const collection = teal.status;
  const content = statusRecord(teal, track, since, statusExpiry(since, track.duration));
  const earlier = await statusOf(tx, teal, did);
  if (earlier !== undefined) await wishContent(tx, earlier.id, { collection, content });
  const wish = { did, collection, rkey: RKEY, content, shared: true };
  const recordId = earlier?.id ?? (await wishRecord(tx, wish));
  await schedule(writeStatus, { recordId, did });
}

/** Takes a person's status away; what is over already stays as it is. */
export async function hideStatus(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  teal: TealCollections,
  did: string,
): Promise<void> {
  const status = await statusOf(tx, teal, did);
  if (status?.current !== true) return;
  await wishGone(tx, status.id);
  await schedule(writeStatus, { recordId: status.id, did });
}

async function statusOf(tx: Transaction<Schema>, teal: TealCollections, did: string) {
  return tx
    .selectFrom("pds_records")
    .select("id")
    .select(sql<boolean>`coalesce((wish ->> 'expiry')::timestamptz > now(), false)`.as("current"))
    .where("did", "=", did)
    .where("collection", "=", teal.status)
    .where("rkey", "=", RKEY)
    .forUpdate()
    .executeTakeFirst();
}
