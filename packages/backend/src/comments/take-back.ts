import type { SelectQueryBuilder, Transaction } from "kysely";
import type { LeavingRecords } from "../database/people-tables.js";
import type { Schema } from "../database/schema.js";
import type { Schedule } from "../outbox/outbox.js";
import { wishGone } from "../records/pds-record.js";
import type { TaskServices } from "../tasks/services.js";
import { writeRecord } from "../tasks/write-record.js";
import { aboutComment } from "./comments.js";

/**
 * Takes back comments on a track, whoever's they are: we made those records, and what they refer to is going.
 *
 * @param limit at most this many
 * @returns how many there were
 */
export async function takeBackComments(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  trackId: number,
  limit: number,
): Promise<number> {
  return takeBack(tx, schedule, "remove", (some) => some.where("track_id", "=", trackId).limit(limit));
}

/**
 * Takes back comments of a person who leaves, or lets go of them; otherwise as `takeBackComments`.
 *
 * @param records whether their records go, too
 */
export async function takeBackCommentsOf(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  did: string,
  records: LeavingRecords,
  limit: number,
): Promise<number> {
  return takeBack(tx, schedule, records, (some) => some.where("did", "=", did).limit(limit));
}

type Selection = SelectQueryBuilder<Schema, "comments", { id: number }>;

async function takeBack(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  records: LeavingRecords,
  which: (some: Selection) => Selection,
): Promise<number> {
  const comments = await tx
    .deleteFrom("comments")
    .where("id", "in", (some) => which(some.selectFrom("comments").select("id")))
    .returning(["id", "did", "record_id", "deleted_at"])
    .execute();
  for (const { id, did, record_id, deleted_at } of comments) {
    // What its author has taken back already is on its way out.
    if (deleted_at !== null || records === "keep") continue;
    await wishGone(tx, record_id);
    await schedule(writeRecord, { recordId: record_id, did, about: aboutComment(id) });
  }
  return comments.length;
}
