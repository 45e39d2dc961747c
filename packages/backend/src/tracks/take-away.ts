import { sql, type Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Schedule } from "../outbox/outbox.js";
import { wishGone } from "../records/pds-record.js";
import type { TaskServices } from "../tasks/services.js";
import { publishTrack } from "./publish-track.js";
import type { LockedTrack } from "./track-wish.js";
import { withdrawTrack } from "./withdraw-track.js";

/**
 * Takes a track away: hidden at once; its record, its file, and the likes of it follow.
 *
 * @returns how many likes of others will be taken back
 */
export async function takeAway(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  { id: trackId, did, recordId }: LockedTrack,
): Promise<{ likes: number }> {
  await tx
    .updateTable("tracks")
    .set({ deleted_at: sql`now()` })
    .where("id", "=", trackId)
    .execute();
  const { likes } = await tx
    .selectFrom("likes")
    .select(sql<number>`count(*)::int`.as("likes"))
    .where("track_id", "=", trackId)
    .where("did", "<>", did)
    .executeTakeFirstOrThrow();
  await wishGone(tx, recordId);
  await schedule(publishTrack, { trackId, recordId, did });
  await schedule(withdrawTrack, { trackId });
  return { likes };
}
