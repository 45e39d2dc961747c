import { randomInt } from "node:crypto";
import { TID } from "@atproto/common-web";
import type { Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Schedule } from "../outbox/outbox.js";
import type { TealCollections } from "../records/collections.js";
import { wishRecord } from "../records/pds-record.js";
import { playRecord, type HeardTrack } from "../records/teal.js";
import type { TaskServices } from "../tasks/services.js";
import { writeRecord } from "../tasks/write-record.js";

const CLOCK_IDS = 1_024;

/**
 * Has a play written to the listener's PDS. Its time is when they began to listen and its rkey is made of that, once:
 * however late or often it is written, it is one record, of that moment.
 *
 * @returns the record's id
 */
export async function scrobble(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  teal: TealCollections,
  did: string,
  track: HeardTrack,
  playedTime: Date,
): Promise<string> {
  const rkey = TID.fromTime(playedTime.getTime() * 1_000, randomInt(CLOCK_IDS)).toString();
  const content = playRecord(teal, track, playedTime);
  const recordId = await wishRecord(tx, { did, collection: teal.play, rkey, content });
  await schedule(writeRecord, { recordId, did, about: `play:${rkey}` });
  return recordId;
}
