import { sql, type Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import { carryOnAlone, type Keeper } from "../keepers/keeper.js";
import { findUnclaimed } from "../keepers/unclaimed.js";
import { publishTrack } from "./publish-track.js";
import { adoptFoundTrack } from "./adopt-found-track.js";
import { takeAway } from "./take-away.js";

export const keepTracks: Keeper = {
  collection: ({ track }) => track,

  async carryOn(tx, schedule, record) {
    const track = await trackOf(tx, record.id);
    if (track === undefined) await carryOnAlone(schedule, record);
    else await schedule(publishTrack, { trackId: track.id, recordId: record.id, did: record.did });
  },

  async letGo(tx, schedule, record) {
    const track = await trackOf(tx, record.id);
    if (track === undefined) await carryOnAlone(schedule, record);
    else await takeAway(tx, schedule, { id: track.id, did: record.did, recordId: record.id });
  },

  adopt: adoptFoundTrack,

  unclaimed: (db, did, collection) =>
    findUnclaimed(
      db,
      did,
      collection,
      sql<boolean>`exists (
        select 1 from tracks where tracks.record_id = record.id and tracks.deleted_at is null
      )`,
    ),
};

async function trackOf(tx: Transaction<Schema>, recordId: string): Promise<{ id: number } | undefined> {
  return tx
    .selectFrom("tracks")
    .select("id")
    .where("record_id", "=", recordId)
    .forUpdate()
    .executeTakeFirst();
}
