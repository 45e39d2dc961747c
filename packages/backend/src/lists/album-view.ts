import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { recordUri, writeState, type WriteState } from "../records/write-state.js";

export interface ListedAlbum {
  readonly id: number;
  readonly title: string;
  readonly description: string | null;
  /** The title as it may stand in an address; unique among the artist's albums. */
  readonly slug: string;
  readonly artist: { readonly did: string; readonly handle: string; readonly displayName: string | null };
  /** at:// URI of the album's record. */
  readonly uri: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly trackCount: number;
  /** It was deleted, and its record is on its way out; only the owner sees it then. */
  readonly removed: boolean;
  /** What becomes of the record, for the owner; null for everybody else. */
  readonly write: WriteState | null;
}

export interface AlbumView extends ListedAlbum {
  /** In the owner's order. */
  readonly tracks: readonly AlbumTrack[];
}

export interface AlbumTrack {
  readonly id: number;
  readonly title: string;
  /** Seconds. */
  readonly duration: number;
  /** Its record is on the artist's PDS; until then the album's record can't refer to it. */
  readonly onPds: boolean;
}

const MOST = 200;

/**
 * The newest albums first, 200 at most. An album that didn't get to its owner's PDS is shown to the owner alone.
 *
 * @param viewer undefined: nobody is signed in
 */
export async function listAlbums(db: Kysely<Schema>, viewer: string | undefined): Promise<ListedAlbum[]> {
  const rows = await select(db, viewer).orderBy("lists.id", "desc").limit(MOST).execute();
  return rows.map((row) => listed(row, viewer));
}

/** One album; undefined when there is none that this viewer may see. */
export async function viewAlbum(
  db: Kysely<Schema>,
  albumId: number,
  viewer: string | undefined,
): Promise<AlbumView | undefined> {
  const row = await select(db, viewer).where("lists.id", "=", albumId).executeTakeFirst();
  if (row === undefined) return undefined;
  return { ...listed(row, viewer), tracks: await tracksOn(db, albumId, viewer) };
}

type Row = Awaited<ReturnType<ReturnType<typeof select>["executeTakeFirstOrThrow"]>>;

function select(db: Kysely<Schema>, viewer: string | undefined) {
  return db
    .selectFrom("lists")
    .innerJoin("people", "people.did", "lists.did")
    .innerJoin("pds_records as record", "record.id", "lists.record_id")
    .select([
      "lists.id",
      "lists.title",
      "lists.description",
      "slug",
      "lists.created_at",
      "deleted_at",
      "owed",
    ])
    .select(["people.handle", "people.display_name"])
    .select(["record.did", "collection", "rkey", "state", "reason", "state_since"])
    .select((from) =>
      from
        .selectFrom("album_tracks")
        .whereRef("album_id", "=", "lists.id")
        .select(sql<number>`count(*)::int`.as("count"))
        .as("track_count"),
    )
    .where("kind", "=", "album")
    .where((where) =>
      where.or([
        where("lists.did", "=", viewer ?? ""),
        where.and([
          where("deleted_at", "is", null),
          where.or([where("record.state", "<>", "failed"), where("record.confirmed_cid", "is not", null)]),
        ]),
      ]),
    );
}

function listed(row: Row, viewer: string | undefined): ListedAlbum {
  return {
    id: row.id,
    title: row.title,
    description: row.description,
    slug: row.slug,
    artist: { did: row.did, handle: row.handle, displayName: row.display_name },
    uri: recordUri(row),
    createdAt: row.created_at.toISOString(),
    trackCount: row.track_count ?? 0,
    removed: row.deleted_at !== null,
    write: row.did === viewer ? listWriteState(row) : null,
  };
}

/** What is confirmed is not yet what the person has made of the list since. */
export function listWriteState(
  row: Parameters<typeof writeState>[0] & { readonly owed: boolean },
): WriteState {
  const write = writeState(row);
  return row.owed && write.state === "confirmed" ? { ...write, state: "writing" } : write;
}

async function tracksOn(
  db: Kysely<Schema>,
  albumId: number,
  viewer: string | undefined,
): Promise<AlbumTrack[]> {
  const rows = await db
    .selectFrom("album_tracks")
    .innerJoin("tracks", "tracks.id", "album_tracks.track_id")
    .innerJoin("pds_records as record", "record.id", "tracks.record_id")
    .select(["tracks.id", "tracks.title", "tracks.duration", "record.confirmed_cid"])
    .where("album_id", "=", albumId)
    .where("tracks.deleted_at", "is", null)
    .where((where) =>
      where.or([
        where("record.state", "<>", "failed"),
        where("record.confirmed_cid", "is not", null),
        where("tracks.artist_did", "=", viewer ?? ""),
      ]),
    )
    .orderBy("position")
    .orderBy("tracks.id")
    .execute();
  return rows.map(({ confirmed_cid, ...track }) => ({ ...track, onPds: confirmed_cid !== null }));
}
