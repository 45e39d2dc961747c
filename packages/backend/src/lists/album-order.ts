import type { Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Schedule } from "../outbox/outbox.js";
import type { TaskServices } from "../tasks/services.js";
import { listsChanged } from "./list-changed.js";

/**
 * Gives an album's tracks their places. The order is data: nothing else changes the place of a track that is on an album.
 *
 * @param before the ids in the order that holds
 * @param after the same ids
 */
export async function setOrder(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  albumId: number,
  before: readonly number[],
  after: readonly number[],
): Promise<void> {
  if (before.join() === after.join()) return;
  for (const [index, trackId] of after.entries()) {
    await tx
      .updateTable("album_tracks")
      .set({ position: index + 1 })
      .where("album_id", "=", albumId)
      .where("track_id", "=", trackId)
      .execute();
  }
  await listsChanged(tx, schedule, [albumId]);
}
