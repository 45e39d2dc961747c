import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import type { StrongRef } from "../records/like.js";
import type { PdsRecord } from "../records/pds-record.js";
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
  const record = await knownTrack(db, trackId);
  if (record.confirmed_cid === null) throw new UnknownTrack(trackId);
  return { uri: recordUri(record), cid: record.confirmed_cid };
}

/**
 * The record of a track, on its artist's PDS or not: whoever liked it while it was there can still take that back.
 *
 * @throws {UnknownTrack} when there is no such track
 */
export async function knownTrack(
  db: Kysely<Schema>,
  trackId: number,
): Promise<Pick<PdsRecord, "did" | "collection" | "rkey" | "confirmed_cid">> {
  if (!Number.isInteger(trackId) || trackId < 1 || trackId > LARGEST_ID) throw new UnknownTrack(trackId);
  const record = await db
    .selectFrom("tracks")
    .innerJoin("pds_records", "pds_records.id", "tracks.record_id")
    .select(["pds_records.did", "pds_records.collection", "pds_records.rkey", "pds_records.confirmed_cid"])
    .where("tracks.id", "=", trackId)
    .executeTakeFirst();
  if (record === undefined) throw new UnknownTrack(trackId);
  return record;
}
