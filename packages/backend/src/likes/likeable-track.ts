import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import type { StrongRef } from "../records/like.js";
import { recordUri } from "../records/write-state.js";
import { UnknownTrack } from "./unknown-track.js";

/** The largest id that the column can hold. */
const LARGEST_ID = 2_147_483_647;

/**
 * What a like of this track refers to.
 *
 * @throws {UnknownTrack} when there is no such track, or its record is not confirmed to be on its artist's PDS
 */
export async function likeableTrack(db: Kysely<Schema>, trackId: number): Promise<StrongRef> {
  if (!Number.isInteger(trackId) || trackId < 1 || trackId > LARGEST_ID) throw new UnknownTrack(trackId);
  const record = await db
    .selectFrom("tracks")
    .innerJoin("pds_records", "pds_records.id", "tracks.record_id")
    .select(["pds_records.did", "pds_records.collection", "pds_records.rkey", "pds_records.confirmed_cid"])
    .where("tracks.id", "=", trackId)
    .executeTakeFirst();
  if (record === undefined || record.confirmed_cid === null) throw new UnknownTrack(trackId);
  return { uri: recordUri(record), cid: record.confirmed_cid };
}
