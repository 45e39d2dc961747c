import type { Transaction } from "kysely";
import type { RecordContent, Schema } from "../database/schema.js";
import { collectionsOf } from "../records/collections.js";
import { trackRecord } from "../records/track.js";

/** A track as its record is made from it, and the record. */
export interface LockedTrack {
  readonly id: number;
  readonly did: string;
  readonly recordId: string;
  readonly title: string;
  readonly description: string | null;
  readonly fileKey: string | null;
  readonly deleted: boolean;
}

/** The track, which nobody else changes until the transaction has ended; null when there is none. */
export async function lockTrack(tx: Transaction<Schema>, id: number): Promise<LockedTrack | null> {
  const row = await tx.selectFrom("tracks").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
  if (row === undefined) return null;
  return {
    id,
    did: row.artist_did,
    recordId: row.record_id,
    title: row.title,
    description: row.description,
    fileKey: row.file_key,
    deleted: row.deleted_at !== null,
  };
}

/**
 * What a track's record should say, by what the database says of the track now. Fields that we don't know stay as
 * they are in `earlier`: a track that was published elsewhere may have more of them.
 */
export async function trackWish(
  tx: Transaction<Schema>,
  namespace: string,
  id: number,
  earlier: RecordContent | null,
): Promise<{ collection: string; content: RecordContent }> {
  const row = await tx
    .selectFrom("tracks")
    .innerJoin("people", "people.did", "tracks.artist_did")
    .leftJoin("album_tracks", "album_tracks.track_id", "tracks.id")
    .leftJoin("lists as album", "album.id", "album_tracks.album_id")
    .select(["tracks.title", "file_type", "duration", "audio_url", "tracks.description", "blob"])
    .select(["tracks.created_at", "album.title as album"])
    .select(["people.handle", "people.display_name"])
    .where("tracks.id", "=", id)
    .executeTakeFirstOrThrow();
  const collection = collectionsOf(namespace).track;
  const wish = trackRecord(collection, {
    title: row.title,
    artist: row.display_name ?? row.handle,
    fileType: row.file_type,
    createdAt: row.created_at,
    audioUrl: row.audio_url,
    duration: row.duration,
    description: row.description,
    album: row.album,
    blob: row.blob,
  });
  if (earlier === null) return { collection, content: wish };
  // A description that was taken away must not come back.
  const kept = Object.fromEntries(Object.entries(earlier).filter(([name]) => name !== "description"));
  // When it was made is said once.
  const createdAt = earlier["createdAt"] ?? wish["createdAt"] ?? null;
  return { collection, content: { ...kept, ...wish, createdAt } };
}
