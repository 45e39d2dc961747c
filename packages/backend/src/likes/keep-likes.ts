import { sql } from "kysely";
import { carryOnAlone, type Keeper } from "../keepers/keeper.js";
import { findUnclaimed } from "../keepers/unclaimed.js";
import { likesTakenBack } from "../lists/of-a-track.js";
import { writeRecord } from "../tasks/write-record.js";
import { adoptLike } from "./adopt-like.js";
import { aboutTrack } from "./like-state.js";

export const keepLikes: Keeper = {
  collection: ({ like }) => like,

  async carryOn(tx, schedule, record) {
    const like = await tx
      .selectFrom("likes")
      .select("track_id")
      .where("record_id", "=", record.id)
      .executeTakeFirst();
    if (like === undefined) await carryOnAlone(schedule, record);
    else
      await schedule(writeRecord, { recordId: record.id, did: record.did, about: aboutTrack(like.track_id) });
  },

  async letGo(tx, schedule, record) {
    const gone = await tx
      .deleteFrom("likes")
      .where("record_id", "=", record.id)
      .returning("track_id")
      .executeTakeFirst();
    if (gone === undefined) {
      await carryOnAlone(schedule, record);
      return;
    }
    await schedule(writeRecord, { recordId: record.id, did: record.did, about: aboutTrack(gone.track_id) });
    await likesTakenBack(tx, schedule, [record.did]);
  },

  adopt: adoptLike,

  unclaimed: (db, did, collection) =>
    findUnclaimed(
      db,
      did,
      collection,
      sql<boolean>`exists (select 1 from likes where likes.record_id = record.id)`,
    ),
};
