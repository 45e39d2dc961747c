import { sql, type Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import { leaveAlbum } from "../lists/of-a-track.js";
import type { Schedule } from "../outbox/outbox.js";
import type { TaskServices } from "../tasks/services.js";
import { publishTrack } from "./publish-track.js";
import { withdrawTrack } from "./withdraw-track.js";

/**
 * Hides a track at once and has all that is left of it taken away: its record (which is to be gone by now), its place on an
 * album, its file, and the likes of it and comments on it.
 */
export async function takeAway(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  { id, did, recordId }: { readonly id: number; readonly did: string; readonly recordId: string },
): Promise<void> {
  await tx
    .updateTable("tracks")
    .set({ deleted_at: sql`now()` })
    .where("id", "=", id)
    .execute();
  await leaveAlbum(tx, schedule, id);
  await schedule(publishTrack, { trackId: id, recordId, did });
  await schedule(withdrawTrack, { trackId: id, owner: did });
}
