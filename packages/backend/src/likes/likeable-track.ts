import type { Kysely, Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import type { PdsRecord } from "../records/pds-record.js";
import { UNKNOWN_CID } from "../records/awaited.js";
import { recordUri } from "../records/write-state.js";
import { UnknownTrack } from "./unknown-track.js";

/** The largest id that the column can hold. */
const LARGEST_ID = 2_147_483_647;

/** What a like refers to. */
export interface Likeable {
  readonly uri: string;
  /** `UNKNOWN_CID` while the track is on its way to its artist's PDS. */
  readonly cid: string;
  /** The track's record, while it has to be waited for. */
  readonly awaits: string | null;
}

/**
 * What a like of this track refers to. The track can't be deleted until the transaction has ended, so that no like
 * is left behind by a deletion.
 *
 * @throws {UnknownTrack} when there is no such track, or it can't get to its artist's PDS any more
 */
export async function likeableTrack(tx: Transaction<Schema>, trackId: number): Promise<Likeable> {
  await knownTrack(tx, trackId);
  const track = await tx
    .selectFrom("tracks")
    .innerJoin("pds_records as record", "record.id", "tracks.record_id")
    .select(["record.id", "record.did", "record.collection", "record.rkey"])
    .select(["record.confirmed_cid", "record.wish", "record.state"])
    .where("tracks.id", "=", trackId)
    .where("tracks.deleted_at", "is", null)
    .forShare("tracks")
    .executeTakeFirst();
  if (track === undefined) throw new UnknownTrack(trackId);
  if (track.wish === null) throw new UnknownTrack(trackId);
  if (track.confirmed_cid === null && track.state === "failed") throw new UnknownTrack(trackId);
  const uri = recordUri(track);
  return track.confirmed_cid === null
    ? { uri, cid: UNKNOWN_CID, awaits: track.id }
    : { uri, cid: track.confirmed_cid, awaits: null };
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
    .where("tracks.deleted_at", "is", null)
    .executeTakeFirst();
  if (record === undefined) throw new UnknownTrack(trackId);
  return record;
}
