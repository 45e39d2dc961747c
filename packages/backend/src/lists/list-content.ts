import { sql, type Kysely } from "kysely";
import type { ListKind } from "../database/lists-tables.js";
import type { Schema } from "../database/schema.js";
import type { StrongRef } from "../records/like.js";
import { MOST_ITEMS } from "../records/list.js";
import { recordUri } from "../records/write-state.js";

/** A person's list, as it should be. */
export interface WishedList {
  readonly id: number;
  readonly kind: ListKind;
  readonly recordId: string;
  readonly uri: string;
  readonly items: readonly StrongRef[];
}

/** The lists that a person has not deleted, in the order in which they were begun. */
export async function wishedLists(db: Kysely<Schema>, did: string): Promise<WishedList[]> {
  const rows = await db
    .selectFrom("lists")
    .innerJoin("pds_records as record", "record.id", "lists.record_id")
    .select(["lists.id", "lists.kind", "lists.record_id"])
    .select(["record.did", "record.collection", "record.rkey"])
    .where("lists.did", "=", did)
    .where("deleted_at", "is", null)
    .orderBy("lists.id")
    .execute();
  return Promise.all(
    rows.map(async (row) => {
      const { id, kind, record_id: recordId } = row;
      return { id, kind, recordId, uri: recordUri(row), items: await itemsOf(db, { id, did, kind }) };
    }),
  );
}

/** What a list's record should hold now, in its order. What is not on its artist's PDS yet is left out until it is. */
export function itemsOf(
  db: Kysely<Schema>,
  list: { readonly id: number; readonly did: string; readonly kind: ListKind },
): Promise<StrongRef[]> {
  return list.kind === "album" ? albumItems(db, list.id) : likedItems(db, list.did);
}

async function albumItems(db: Kysely<Schema>, albumId: number): Promise<StrongRef[]> {
  const rows = await db
    .selectFrom("album_tracks")
    .innerJoin("tracks", "tracks.id", "album_tracks.track_id")
    .innerJoin("pds_records as record", "record.id", "tracks.record_id")
    .select(["record.did", "record.collection", "record.rkey"])
    .select("record.confirmed_cid as cid")
    .where("album_id", "=", albumId)
    .where("tracks.deleted_at", "is", null)
    .where("record.wish", "is not", null)
    .where("record.confirmed_cid", "is not", null)
    .orderBy("position")
    .orderBy("track_id")
    .limit(MOST_ITEMS)
    .execute();
  return rows.flatMap(({ cid, ...record }) => (cid === null ? [] : [{ uri: recordUri(record), cid }]));
}

/** The newest first, each as the like itself refers to it: a track that was edited since is still what was liked. */
async function likedItems(db: Kysely<Schema>, did: string): Promise<StrongRef[]> {
  const { rows } = await sql<StrongRef>`
    select liked.uri, liked.cid from (
      select likes.created_at, likes.track_id, a_like.wish -> 'subject' ->> 'uri' as uri,
        case when a_like.awaits is null then a_like.wish -> 'subject' ->> 'cid' else track.confirmed_cid end as cid
      from likes
      join pds_records as a_like on a_like.id = likes.record_id
      join tracks on tracks.id = likes.track_id
      join pds_records as track on track.id = tracks.record_id
      where likes.did = ${did} and tracks.deleted_at is null and a_like.wish is not null
    ) as liked
    where liked.cid is not null
    order by liked.created_at desc, liked.track_id desc
    limit ${MOST_ITEMS}
  `.execute(db);
  return rows;
}
