import type { Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Schedule } from "../outbox/outbox.js";
import { recordUri } from "../records/write-state.js";
import type { TaskServices } from "../tasks/services.js";
import { trackIdsOn } from "./album-members.js";
import { listsChanged } from "./list-changed.js";
import { inGivenOrder } from "./order.js";

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

/**
 * An order that a person gave an album with another program wins: what its record on their PDS names comes first, as it
 * stands there; what that doesn't name yet follows. To be called while the person does one thing at a time.
 *
 * @param uris of the tracks, in the order of the record on the PDS
 */
export async function takeOrder(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  albumId: number,
  uris: readonly string[],
): Promise<void> {
  const there = await trackIdsOn(tx, albumId);
  const byUri = await idsByUri(tx, albumId);
  const given = uris.flatMap((uri) => byUri.get(uri) ?? []);
  await setOrder(tx, schedule, albumId, there, inGivenOrder(there, given));
}

async function idsByUri(tx: Transaction<Schema>, albumId: number): Promise<Map<string, number>> {
  const rows = await tx
    .selectFrom("album_tracks")
    .innerJoin("tracks", "tracks.id", "album_tracks.track_id")
    .innerJoin("pds_records as record", "record.id", "tracks.record_id")
    .select(["tracks.id", "record.did", "record.collection", "record.rkey"])
    .where("album_id", "=", albumId)
    .execute();
  return new Map(rows.map((row) => [recordUri(row), row.id]));
}
