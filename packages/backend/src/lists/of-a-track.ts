import { sql, type Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Schedule } from "../outbox/outbox.js";
import type { TaskServices } from "../tasks/services.js";
import { listsChanged } from "./list-changed.js";

/**
 * To be called when the record of a track has been written: the albums that refer to an older version of it (or not at
 * all yet), and the lists of those whose like of it waited, are written anew.
 */
export async function trackWritten(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  trackId: number,
): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    select lists.id from album_tracks
    join lists on lists.id = album_tracks.album_id
    join pds_records as list_record on list_record.id = lists.record_id
    join tracks on tracks.id = album_tracks.track_id
    join pds_records as track on track.id = tracks.record_id
    where album_tracks.track_id = ${trackId} and track.confirmed_cid is not null
      and not coalesce(list_record.wish -> 'items', '[]') @> jsonb_build_array(jsonb_build_object(
        'subject', jsonb_build_object('cid', track.confirmed_cid)
      ))
    union
    select lists.id from likes
    join pds_records as a_like on a_like.id = likes.record_id
    join lists on lists.did = likes.did and lists.kind = 'liked'
    where likes.track_id = ${trackId} and a_like.awaits is not null
  `.execute(tx);
  await listsChanged(
    tx,
    schedule,
    rows.map(({ id }) => id),
  );
}

/** A track that is being deleted is on no album any more. The track must be locked. */
export async function leaveAlbum(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  trackId: number,
): Promise<void> {
  const left = await tx
    .deleteFrom("album_tracks")
    .where("track_id", "=", trackId)
    .returning("album_id")
    .execute();
  await listsChanged(
    tx,
    schedule,
    left.map(({ album_id }) => album_id),
  );
}

/** Likes of these people were taken back. */
export async function likesTakenBack(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  dids: readonly string[],
): Promise<void> {
  if (dids.length === 0) return;
  const lists = await tx
    .selectFrom("lists")
    .select("id")
    .where("did", "in", [...dids])
    .where("kind", "=", "liked")
    .execute();
  await listsChanged(
    tx,
    schedule,
    lists.map(({ id }) => id),
  );
}
