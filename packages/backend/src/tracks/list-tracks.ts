import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { recordUri, writeState, type WriteState } from "../records/write-state.js";

export interface ListedTrack {
  id: number;
  title: string;
  artist: { did: string; handle: string; displayName: string | null };
  /** Seconds. */
  duration: number;
  fileType: string;
  audioUrl: string;
  /** at:// URI of the track's record. */
  uri: string;
  description: string | null;
  /** How its record stands; for the artist alone. */
  write: WriteState;
  likeCount: number;
  playCount: number;
}

const MOST = 500;

/**
 * The newest tracks first, 500 at most. What didn't get to its artist's PDS is shown to the artist alone.
 *
 * @param viewer who asks; null: anybody
 */
export async function listTracks(db: Kysely<Schema>, viewer: string | null = null): Promise<ListedTrack[]> {
  const rows = await db
    .selectFrom("tracks")
    .innerJoin("people", "people.did", "tracks.artist_did")
    .innerJoin("pds_records", "pds_records.id", "tracks.record_id")
    .select([
      "tracks.id",
      "title",
      "duration",
      "file_type",
      "audio_url",
      "people.handle",
      "display_name",
      "description",
    ])
    .select(["pds_records.did", "collection", "rkey", "state", "reason", "state_since"])
    .select((from) =>
      from
        .selectFrom("likes")
        .whereRef("likes.track_id", "=", "tracks.id")
        .select(sql<number>`count(*)::int`.as("count"))
        .as("like_count"),
    )
    .select((from) =>
      from
        .selectFrom("play_counts")
        .whereRef("play_counts.track_id", "=", "tracks.id")
        .select("plays")
        .as("play_count"),
    )
    .where("deleted_at", "is", null)
    .where((where) =>
      where.or([
        where("state", "<>", "failed"),
        where("confirmed_cid", "is not", null),
        where("artist_did", "=", viewer),
      ]),
    )
    .orderBy("tracks.id", "desc")
    .limit(MOST)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    title: row.title,
    artist: { did: row.did, handle: row.handle, displayName: row.display_name },
    duration: row.duration,
    fileType: row.file_type,
    audioUrl: row.audio_url,
    uri: recordUri(row),
    description: row.description,
    write: writeState(row),
    likeCount: row.like_count ?? 0,
    playCount: row.play_count ?? 0,
  }));
}
