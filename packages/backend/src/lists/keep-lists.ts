import { sql } from "kysely";
import { carryOnAlone, type Keeper } from "../keepers/keeper.js";
import { findUnclaimed } from "../keepers/unclaimed.js";
import { nameAlbumOnAll, trackIdsOn } from "./album-members.js";
import { adoptList } from "./adopt-list.js";
import { listsChanged } from "./list-changed.js";

export const keepLists: Keeper = {
  collection: ({ list }) => list,

  async carryOn(tx, schedule, record) {
    const list = await tx
      .selectFrom("lists")
      .select("id")
      .where("record_id", "=", record.id)
      .executeTakeFirst();
    if (list === undefined) await carryOnAlone(schedule, record);
    else await listsChanged(tx, schedule, [list.id]);
  },

  /** An album goes, its tracks stay. What a person likes stays, too; their next like or unlike makes the list anew. */
  async letGo(tx, schedule, record) {
    const list = await tx
      .selectFrom("lists")
      .select("id")
      .where("record_id", "=", record.id)
      .executeTakeFirst();
    if (list === undefined) {
      await carryOnAlone(schedule, record);
      return;
    }
    const trackIds = await trackIdsOn(tx, list.id);
    await tx.deleteFrom("album_tracks").where("album_id", "=", list.id).execute();
    await nameAlbumOnAll({ tx, schedule }, trackIds);
    await tx
      .updateTable("lists")
      .set({ deleted_at: sql`now()` })
      .where("id", "=", list.id)
      .execute();
    await listsChanged(tx, schedule, [list.id]);
  },

  adopt: adoptList,

  unclaimed: (db, did, collection) =>
    findUnclaimed(
      db,
      did,
      collection,
      sql<boolean>`exists (select 1 from lists where lists.record_id = record.id and lists.deleted_at is null)`,
    ),
};
