import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { writeState, type Witnessed, type WriteState } from "../records/write-state.js";
import { recordSubject } from "../tasks/write-record.js";

/** Whether a person likes a track, and how far that has got on its way to their PDS. */
export interface LikeState {
  readonly liked: boolean;
  /** Null: the PDS holds nothing of it, and nothing is on its way. */
  readonly write: WriteState | null;
}

/** What a like is about, in the subject under which its writes keep their order. */
export function aboutTrack(trackId: number): string {
  return `track:${String(trackId)}`;
}

/**
 * How a person stands to these tracks. Of a like that is gone, the newest intent about it leads to its record: once
 * the PDS is confirmed to be without it, nothing is left to show.
 */
export async function likeStates(
  db: Kysely<Schema>,
  collection: string,
  did: string,
  trackIds: readonly number[],
): Promise<Map<number, LikeState>> {
  const states = new Map<number, LikeState>(trackIds.map((id) => [id, { liked: false, write: null }]));
  if (trackIds.length === 0) return states;
  for (const row of await leaving(db, collection, did, trackIds)) {
    const trackId = trackIds.find((id) => recordSubject(did, aboutTrack(id)) === row.subject);
    if (trackId !== undefined) states.set(trackId, { liked: false, write: writeState(row) });
  }
  for (const row of await living(db, did, trackIds)) {
    states.set(row.track_id, { liked: true, write: writeState(row) });
  }
  return states;
}

async function living(
  db: Kysely<Schema>,
  did: string,
  trackIds: readonly number[],
): Promise<(Witnessed & { track_id: number })[]> {
  return db
    .selectFrom("likes")
    .innerJoin("pds_records as record", "record.id", "likes.record_id")
    .select([
      "record.did",
      "record.collection",
      "record.rkey",
      "record.state",
      "record.reason",
      "record.state_since",
    ])
    .select("likes.track_id")
    .where("likes.did", "=", did)
    .where("likes.track_id", "in", [...trackIds])
    .execute();
}

async function leaving(
  db: Kysely<Schema>,
  collection: string,
  did: string,
  trackIds: readonly number[],
): Promise<(Witnessed & { subject: string })[]> {
  return db
    .selectFrom("intents")
    .innerJoin("pds_records as record", (join) =>
      join.on(sql<boolean>`record.id::text = intents.payload ->> 'recordId'`),
    )
    .select([
      "record.did",
      "record.collection",
      "record.rkey",
      "record.state",
      "record.reason",
      "record.state_since",
    ])
    .select("intents.subject")
    .where(
      "intents.subject",
      "in",
      trackIds.map((id) => recordSubject(did, aboutTrack(id))),
    )
    .where("record.did", "=", did)
    .where("record.collection", "=", collection)
    .where("record.wish", "is", null)
    .whereRef("record.confirmed_version", "<", "record.wish_version")
    .orderBy("intents.created_at")
    .execute();
}
