import type { Kysely, Transaction } from "kysely";
import type { ListKind } from "../database/lists-tables.js";
import type { Schema } from "../database/schema.js";
import type { Outbox } from "../outbox/outbox.js";
import type { StrongRef } from "../records/like.js";
import { oneAtATime } from "../records/one-at-a-time.js";
import { recordUri } from "../records/write-state.js";
import type { TaskServices } from "../tasks/services.js";
import { trackIdsOn } from "./album-members.js";
import { setOrder } from "./album-order.js";
import { followLikes } from "./liked-list.js";
import { itemsOf } from "./list-content.js";
import { listsChanged } from "./list-changed.js";
import { inGivenOrder } from "./order.js";

/** What a person's list should be. */
export interface WishedList {
  readonly id: number;
  readonly kind: ListKind;
  readonly recordId: string;
  readonly uri: string;
  /** In words. */
  readonly name: string;
  readonly items: readonly StrongRef[];
}

/** The lists of a person that are not deleted, each as it should be. */
export async function wishedLists(db: Kysely<Schema>, did: string): Promise<WishedList[]> {
  const rows = await db
    .selectFrom("lists")
    .innerJoin("pds_records as record", "record.id", "lists.record_id")
    .select(["lists.id", "lists.kind", "lists.title", "lists.record_id"])
    .select(["record.did", "record.collection", "record.rkey"])
    .where("lists.did", "=", did)
    .where("deleted_at", "is", null)
    .orderBy("lists.id")
    .execute();
  const lists: WishedList[] = [];
  for (const row of rows) {
    const { id, kind, title: name, record_id: recordId } = row;
    lists.push({
      id,
      kind,
      recordId,
      uri: recordUri(row),
      name,
      items: await itemsOf(db, { id, did, kind }),
    });
  }
  return lists;
}

/**
 * An order that a person gave an album with another program wins: what the record on their PDS names comes first, as it
 * stands there; what it doesn't name yet follows.
 *
 * @param uris of the tracks, in the order of the record on the PDS
 */
export async function takeOrder(
  outbox: Outbox<TaskServices>,
  did: string,
  albumId: number,
  uris: readonly string[],
): Promise<void> {
  await outbox.transact(async (tx, schedule) => {
    await oneAtATime(tx, did);
    const there = await trackIdsOn(tx, albumId);
    const byUri = await idsByUri(tx, there);
    const given = uris.flatMap((uri) => byUri.get(uri) ?? []);
    await setOrder(tx, schedule, albumId, there, inGivenOrder(there, given));
  });
}

/** Has these lists written as they should be now. */
export async function writeLists(outbox: Outbox<TaskServices>, listIds: readonly number[]): Promise<void> {
  await outbox.transact((tx, schedule) => listsChanged(tx, schedule, listIds));
}

/** Begins the liked list of a person whose likes are older than such lists. With one already, it is looked at again. */
export async function keepLikedList(
  outbox: Outbox<TaskServices>,
  namespace: string,
  did: string,
): Promise<void> {
  await outbox.transact((tx, schedule) => followLikes(namespace)(tx, schedule, did));
}

async function idsByUri(tx: Transaction<Schema>, trackIds: readonly number[]): Promise<Map<string, number>> {
  if (trackIds.length === 0) return new Map();
  const rows = await tx
    .selectFrom("tracks")
    .innerJoin("pds_records as record", "record.id", "tracks.record_id")
    .select(["tracks.id", "record.did", "record.collection", "record.rkey"])
    .where("tracks.id", "in", [...trackIds])
    .execute();
  return new Map(rows.map((row) => [recordUri(row), row.id]));
}
