import type { TaskServices } from "../tasks/services.js";
import { takeAway } from "./take-away.js";

/**
 * Has the tracks of a person who leaves taken away, with their files and what others said of them; their records are left
 * as they are.
 *
 * @returns what is still going on, for the person to read; null: no track is left
 */
export async function clearTracksOf({ db, outbox }: TaskServices, did: string): Promise<string | null> {
  await outbox.transact(async (tx, schedule) => {
    const tracks = await tx
      .selectFrom("tracks")
      .select(["id", "record_id"])
      .where("artist_did", "=", did)
      .where("deleted_at", "is", null)
      .forUpdate()
      .execute();
    // Their own likes and comments would be taken back with the tracks, and those records are to be left, too.
    await tx.deleteFrom("likes").where("did", "=", did).execute();
    await tx.deleteFrom("comments").where("did", "=", did).execute();
    for (const { id, record_id: recordId } of tracks) await takeAway(tx, schedule, { id, did, recordId });
  });
  const left = await db.selectFrom("tracks").select("id").where("artist_did", "=", did).executeTakeFirst();
  return left === undefined ? null : "Your tracks and their files are being deleted.";
}
