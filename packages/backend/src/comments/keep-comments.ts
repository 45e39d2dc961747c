import { sql, type Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import { carryOnAlone, type Keeper, type KeptRecord } from "../keepers/keeper.js";
import { findUnclaimed } from "../keepers/unclaimed.js";
import type { Schedule } from "../outbox/outbox.js";
import type { TaskServices } from "../tasks/services.js";
import { writeRecord } from "../tasks/write-record.js";
import { adoptComment } from "./adopt-comment.js";
import { aboutComment } from "./comments.js";

export const keepComments: Keeper = {
  collection: ({ comment }) => comment,

  carryOn,

  async letGo(tx, schedule, record) {
    await tx
      .updateTable("comments")
      .set({ deleted_at: sql`now()`, text: "" })
      .where("record_id", "=", record.id)
      .where("deleted_at", "is", null)
      .execute();
    await carryOn(tx, schedule, record);
  },

  adopt: adoptComment,

  unclaimed: (db, did, collection) =>
    findUnclaimed(
      db,
      did,
      collection,
      sql<boolean>`exists (
        select 1 from comments where comments.record_id = record.id and comments.deleted_at is null
      )`,
    ),
};

async function carryOn(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  record: KeptRecord,
): Promise<void> {
  const comment = await tx
    .selectFrom("comments")
    .select("id")
    .where("record_id", "=", record.id)
    .executeTakeFirst();
  if (comment === undefined) await carryOnAlone(schedule, record);
  else await schedule(writeRecord, { recordId: record.id, did: record.did, about: aboutComment(comment.id) });
}
