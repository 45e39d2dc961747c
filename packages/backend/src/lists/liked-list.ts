import type { Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Schedule } from "../outbox/outbox.js";
import { collectionsOf } from "../records/collections.js";
import { listRecord } from "../records/list.js";
import { wishRecord } from "../records/pds-record.js";
import type { TaskServices } from "../tasks/services.js";
import { listsChanged } from "./list-changed.js";

const NAME = "Liked tracks";

/**
 * Keeps the list of what a person likes in step with their likes. To be called in the transaction of a like or unlike,
 * in which the person does one thing at a time (`oneAtATime`).
 *
 * @param namespace of our collections, as in `fm.plyr`
 */
export function followLikes(namespace: string) {
  return async (tx: Transaction<Schema>, schedule: Schedule<TaskServices>, did: string): Promise<void> => {
    const listId = (await likedListOf(tx, did)) ?? (await beginLikedList(tx, namespace, did));
    if (listId === null) return;
    // Its owner may have taken its record away at their PDS.
    await tx.updateTable("lists").set({ deleted_at: null }).where("id", "=", listId).execute();
    await listsChanged(tx, schedule, [listId]);
  };
}

/** Begins the liked list of a person whose likes are older than such lists. With one already, nothing happens. */
export function keepLikedList(namespace: string) {
  return async (tx: Transaction<Schema>, schedule: Schedule<TaskServices>, did: string): Promise<void> => {
    if ((await likedListOf(tx, did)) !== null) return;
    const listId = await beginLikedList(tx, namespace, did);
    if (listId !== null) await listsChanged(tx, schedule, [listId]);
  };
}

async function likedListOf(tx: Transaction<Schema>, did: string): Promise<number | null> {
  const list = await tx
    .selectFrom("lists")
    .select("id")
    .where("did", "=", did)
    .where("kind", "=", "liked")
    .executeTakeFirst();
  return list?.id ?? null;
}

/** Its rkey is chosen here, once. @returns null when the person likes nothing */
async function beginLikedList(
  tx: Transaction<Schema>,
  namespace: string,
  did: string,
): Promise<number | null> {
  const first = await tx
    .selectFrom("likes")
    .select("created_at")
    .where("did", "=", did)
    .orderBy("created_at")
    .limit(1)
    .executeTakeFirst();
  if (first === undefined) return null;
  const { created_at: createdAt } = first;
  const collection = collectionsOf(namespace).list;
  const empty = { name: NAME, listType: "liked", items: [], createdAt, updatedAt: null } as const;
  const recordId = await wishRecord(tx, { did, collection, content: listRecord(collection, empty) });
  const { id } = await tx
    .insertInto("lists")
    .values({ did, kind: "liked", title: NAME, slug: "liked", record_id: recordId, created_at: createdAt })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}
