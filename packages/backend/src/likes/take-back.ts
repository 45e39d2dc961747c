import type { Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import { likesTakenBack } from "../lists/of-a-track.js";
import type { Schedule } from "../outbox/outbox.js";
import { wishGone } from "../records/pds-record.js";
import type { TaskServices } from "../tasks/services.js";
import { writeRecord } from "../tasks/write-record.js";
import { aboutTrack } from "./like-state.js";

/**
 * Takes back likes of a track, whoever's they are: we made those records, and what they refer to is going.
 *
 * @param limit at most this many
 * @returns how many there were
 */
export async function takeBackLikes(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  trackId: number,
  limit: number,
): Promise<number> {
  const likes = await tx
    .deleteFrom("likes")
    .where("track_id", "=", trackId)
    .where("did", "in", (likers) =>
      likers.selectFrom("likes").select("did").where("track_id", "=", trackId).limit(limit),
    )
    .returning(["did", "record_id"])
    .execute();
  for (const { did, record_id } of likes) {
    await wishGone(tx, record_id);
    await schedule(writeRecord, { recordId: record_id, did, about: aboutTrack(trackId) });
  }
  await likesTakenBack(
    tx,
    schedule,
    likes.map(({ did }) => did),
  );
  return likes.length;
}
