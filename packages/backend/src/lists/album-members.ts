import { sql, type Transaction } from "kysely";
import type { RecordContent, Schema } from "../database/schema.js";
import { UnknownTrack } from "../likes/unknown-track.js";
import type { Schedule } from "../outbox/outbox.js";
import { namespaceOf } from "../records/collections.js";
import { MOST_ITEMS } from "../records/list.js";
import { oneAtATime } from "../records/one-at-a-time.js";
import { wishContent } from "../records/pds-record.js";
import type { TaskServices } from "../tasks/services.js";
import { NotYours } from "../tracks/not-yours.js";
import { publishTrack } from "../tracks/publish-track.js";
import { lockTrack, trackWish, type LockedTrack } from "../tracks/track-wish.js";
import { listsChanged } from "./list-changed.js";
import { AlbumFull, OnAnotherAlbum, UnknownAlbum } from "./refusals.js";

/** In which an album is changed. */
export interface AlbumWork {
  readonly tx: Transaction<Schema>;
  readonly schedule: Schedule<TaskServices>;
}

export interface OwnAlbum {
  readonly id: number;
  readonly title: string;
  readonly description: string | null;
  readonly slug: string;
  readonly recordId: string;
}

/**
 * Lets whoever owns an album change it, one change at a time. Tracks are locked after this and before the list itself,
 * as everywhere.
 *
 * @throws {UnknownAlbum} {NotYours}
 */
export async function ownAlbum({ tx }: AlbumWork, did: string, albumId: number): Promise<OwnAlbum> {
  await oneAtATime(tx, did);
  const album = await tx
    .selectFrom("lists")
    .selectAll()
    .where("id", "=", albumId)
    .where("kind", "=", "album")
    .where("deleted_at", "is", null)
    .executeTakeFirst();
  if (album === undefined) throw new UnknownAlbum(albumId);
  if (album.did !== did) throw new NotYours(`Album ${String(albumId)} is somebody else's`);
  const { title, description, slug, record_id: recordId } = album;
  return { id: albumId, title, description, slug, recordId };
}

/**
 * Puts a track at the end of an album. On it already, nothing changes.
 *
 * @throws {UnknownTrack} {NotYours} {OnAnotherAlbum} {AlbumFull}
 */
export async function putOnAlbum(
  work: AlbumWork,
  did: string,
  album: OwnAlbum,
  trackId: number,
): Promise<void> {
  const { tx, schedule } = work;
  const track = await lockTrack(tx, trackId);
  if (track === null || track.deleted) throw new UnknownTrack(trackId);
  if (track.did !== did) throw new NotYours(`Track ${String(trackId)} is somebody else's`);
  const on = await albumOf(tx, trackId);
  if (on?.id === album.id) return;
  if (on !== undefined) throw new OnAnotherAlbum(trackId, on.title);
  const { count, last } = await tx
    .selectFrom("album_tracks")
    .select([sql<number>`count(*)::int`.as("count"), sql<number>`coalesce(max(position), 0)`.as("last")])
    .where("album_id", "=", album.id)
    .executeTakeFirstOrThrow();
  if (count >= MOST_ITEMS) throw new AlbumFull(MOST_ITEMS);
  await tx
    .insertInto("album_tracks")
    .values({ album_id: album.id, track_id: trackId, position: last + 1 })
    .execute();
  await nameAlbum(work, track);
  await listsChanged(tx, schedule, [album.id]);
}

/** Takes a track off an album. @returns false: it was not on it */
export async function takeOffAlbum(work: AlbumWork, albumId: number, trackId: number): Promise<boolean> {
  const { tx, schedule } = work;
  const track = await lockTrack(tx, trackId);
  const { numDeletedRows } = await tx
    .deleteFrom("album_tracks")
    .where("album_id", "=", albumId)
    .where("track_id", "=", trackId)
    .executeTakeFirstOrThrow();
  if (numDeletedRows === 0n) return false;
  if (track !== null) await nameAlbum(work, track);
  await listsChanged(tx, schedule, [albumId]);
  return true;
}

/** The ids of an album's tracks, in their order. */
export async function trackIdsOn(tx: Transaction<Schema>, albumId: number): Promise<number[]> {
  const rows = await tx
    .selectFrom("album_tracks")
    .select("track_id")
    .where("album_id", "=", albumId)
    .orderBy("position")
    .orderBy("track_id")
    .execute();
  return rows.map(({ track_id }) => track_id);
}

/** The tracks' records name the album as it is called now, or none. */
export async function nameAlbumOnAll(work: AlbumWork, trackIds: readonly number[]): Promise<void> {
  // In one order for everybody, so that no two wait for each other.
  for (const trackId of [...trackIds].sort((left, right) => left - right)) {
    const track = await lockTrack(work.tx, trackId);
    if (track !== null) await nameAlbum(work, track);
  }
}

async function nameAlbum({ tx, schedule }: AlbumWork, track: LockedTrack): Promise<void> {
  if (track.deleted) return;
  const { wish, collection } = await tx
    .selectFrom("pds_records")
    .select(["wish", "collection"])
    .where("id", "=", track.recordId)
    .executeTakeFirstOrThrow();
  if (wish === null) return;
  const named = await trackWish(tx, namespaceOf(collection), track.id, withoutAlbum(wish));
  await wishContent(tx, track.recordId, named);
  await schedule(publishTrack, { trackId: track.id, recordId: track.recordId, did: track.did });
}

function withoutAlbum(wish: RecordContent): RecordContent {
  return Object.fromEntries(Object.entries(wish).filter(([name]) => name !== "album"));
}

async function albumOf(tx: Transaction<Schema>, trackId: number) {
  return tx
    .selectFrom("album_tracks")
    .innerJoin("lists", "lists.id", "album_tracks.album_id")
    .select(["lists.id", "lists.title"])
    .where("track_id", "=", trackId)
    .executeTakeFirst();
}
