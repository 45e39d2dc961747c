import type { Kysely } from "kysely";
import type { RecordContent, Schema } from "../database/schema.js";

/** A track whose record is already in its artist's repository. */
export interface AdoptedTrack {
  artist: { did: string; handle: string; displayName: string | null };
  track: {
    title: string;
    fileType: string;
    /** Seconds, whole. */
    duration: number;
    audioUrl: string;
  };
  record: { collection: string; rkey: string; content: RecordContent; cid: string };
}

/**
 * Lists a track that exists on a PDS: its artist, its record as confirmed, and the track itself. The record's address
 * (did, collection, rkey) is its identity: adopting it again updates what is there and keeps the id.
 */
export async function adoptTrack(
  db: Kysely<Schema>,
  { artist, track, record }: AdoptedTrack,
): Promise<{ id: number }> {
  return db.transaction().execute(async (tx) => {
    await tx
      .insertInto("people")
      .values({ did: artist.did, handle: artist.handle, display_name: artist.displayName })
      .onConflict((conflict) =>
        conflict.column("did").doUpdateSet({ handle: artist.handle, display_name: artist.displayName }),
      )
      .execute();

    const confirmed = {
      wish: JSON.stringify(record.content),
      wish_version: 1,
      confirmed_version: 1,
      confirmed_cid: record.cid,
      may_exist: true,
      made_here: false,
      state: "confirmed" as const,
      confirmed_at: new Date(),
    };
    const { id: recordId } = await tx
      .insertInto("pds_records")
      .values({ did: artist.did, collection: record.collection, rkey: record.rkey, ...confirmed })
      .onConflict((conflict) => conflict.columns(["did", "collection", "rkey"]).doUpdateSet(confirmed))
      .returning("id")
      .executeTakeFirstOrThrow();

    const facts = {
      title: track.title,
      file_type: track.fileType,
      duration: track.duration,
      audio_url: track.audioUrl,
    };
    return tx
      .insertInto("tracks")
      .values({ artist_did: artist.did, record_id: recordId, ...facts })
      .onConflict((conflict) => conflict.column("record_id").doUpdateSet(facts))
      .returning("id")
      .executeTakeFirstOrThrow();
  });
}
