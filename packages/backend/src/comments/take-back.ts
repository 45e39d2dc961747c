import type { Transaction } from "kysely";
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
  const comments = await tx
    .deleteFrom("comments")
    .where("id", "in", (some) =>
      some.selectFrom("comments").select("id").where("track_id", "=", trackId).limit(limit),
    )
    .returning(["id", "did", "record_id", "deleted_at"])
    .execute();
  for (const { id, did, record_id, deleted_at } of comments) {
    // What its author has taken back already is on its way out.
    if (deleted_at !== null) continue;
    await wishGone(tx, record_id);
    await schedule(writeRecord, { recordId: record_id, did, about: aboutComment(id) });
  }
  return comments.length;
}
