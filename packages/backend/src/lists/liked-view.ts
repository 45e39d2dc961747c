import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { MOST_ITEMS } from "../records/list.js";
import type { WriteState } from "../records/write-state.js";
import { listWriteState } from "./album-view.js";

/** The list of what a person likes, as they see it. */
export interface LikedListView {
  readonly likes: number;
  /** How many of them the record holds: the newest, as many as it may. */
  readonly listed: number;
  /** Null: there is no such list. */
  readonly write: WriteState | null;
}

export async function likedListView(db: Kysely<Schema>, did: string): Promise<LikedListView> {
  const { likes } = await db
    .selectFrom("likes")
    .select(sql<number>`count(*)::int`.as("likes"))
    .where("did", "=", did)
    .executeTakeFirstOrThrow();
  const row = await db
    .selectFrom("lists")
    .innerJoin("pds_records as record", "record.id", "lists.record_id")
    .select(["record.did", "collection", "rkey", "state", "reason", "state_since", "owed"])
    .where("lists.did", "=", did)
    .where("kind", "=", "liked")
    .where((where) => where.or([where("wish", "is not", null), where("owed", "=", true)]))
    .executeTakeFirst();
  return { likes, listed: Math.min(likes, MOST_ITEMS), write: row ? listWriteState(row) : null };
}
