import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { UnknownTrack } from "../likes/unknown-track.js";
import type { HeardTrack } from "../records/teal.js";

/** @throws {UnknownTrack} */
export async function heardTrack(
  db: Kysely<Schema>,
  publicUrl: string,
  trackId: number,
): Promise<HeardTrack> {
  const track = await db
    .selectFrom("tracks")
    .innerJoin("people", "people.did", "tracks.artist_did")
    .leftJoin("album_tracks", "album_tracks.track_id", "tracks.id")
    .leftJoin("lists as album", "album.id", "album_tracks.album_id")
    .select(["tracks.title", "tracks.duration", "people.handle", "people.display_name"])
    .select("album.title as album")
    .where("tracks.id", "=", trackId)
    .where("tracks.deleted_at", "is", null)
    .executeTakeFirst();
  if (track === undefined) throw new UnknownTrack(trackId);
  return {
    title: track.title,
    artist: track.display_name ?? track.handle,
    duration: track.duration,
    album: track.album,
    url: new URL(`/tracks/${String(trackId)}/audio`, publicUrl).href,
    serviceUrl: publicUrl,
  };
}
