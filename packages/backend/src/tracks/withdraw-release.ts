import { sql, type Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Schedule } from "../outbox/outbox.js";
import { wishGone } from "../records/pds-record.js";
import type { TaskServices } from "../tasks/services.js";
import { publishTrack } from "./publish-track.js";
import type { LockedTrack } from "./track-wish.js";
import { withdrawTrack } from "./withdraw-track.js";

/**
 * Has a track taken away: hidden at once, then the likes of it and the comments on it, its file and its row.
 *
 * @param record whether its record on the artist's PDS goes, too
 */
export async function withdrawRelease(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  { id: trackId, did, recordId }: Pick<LockedTrack, "id" | "did" | "recordId">,
  record: "keep" | "remove",
): Promise<void> {
  await tx
    .updateTable("tracks")
    .set({ deleted_at: sql`now()` })
    .where("id", "=", trackId)
    .execute();
  if (record === "remove") {
    await wishGone(tx, recordId);
    await schedule(publishTrack, { trackId, recordId, did });
  }
  await schedule(withdrawTrack, { trackId });
}

/**
 * Has the tracks of a person who leaves taken away.
 *
 * @param limit at most this many
 * @returns how many there were
 */
export async function withdrawReleasesOf(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  did: string,
  record: "keep" | "remove",
  limit: number,
): Promise<number> {
  const tracks = await tx
    .selectFrom("tracks")
    .select(["id", "record_id"])
    .where("artist_did", "=", did)
    .where("deleted_at", "is", null)
    .limit(limit)
    .forUpdate()
    .execute();
  for (const { id, record_id: recordId } of tracks) {
    await withdrawRelease(tx, schedule, { id, did, recordId }, record);
  }
  return tracks.length;
}
