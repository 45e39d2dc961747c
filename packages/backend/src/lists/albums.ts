import { sql, type Kysely, type Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Outbox } from "../outbox/outbox.js";
import { collectionsOf } from "../records/collections.js";
import { listRecord } from "../records/list.js";
import { oneAtATime } from "../records/one-at-a-time.js";
import { wishGone, wishRecord } from "../records/pds-record.js";
import type { TaskServices } from "../tasks/services.js";
import { demandDescription } from "../tracks/words.js";
import { otherAlbumOf } from "./album-slug.js";
import { demandAlbumTitle, slugOf } from "./album-title.js";
import {
  nameAlbumOnAll,
  ownAlbum,
  putOnAlbum,
  takeOffAlbum,
  trackIdsOn,
  type AlbumWork,
} from "./album-members.js";
import { listAlbums, viewAlbum, type AlbumView, type ListedAlbum } from "./album-view.js";
import { setOrder } from "./album-order.js";
import { listsChanged } from "./list-changed.js";
import { inGivenOrder } from "./order.js";
import { BadOrder, SlugTaken, UnknownAlbum } from "./refusals.js";

/** Whoever asks; undefined: nobody is signed in. */
type Viewer = string | undefined;

export interface Albums {
  list(viewer: Viewer): Promise<ListedAlbum[]>;
  /** @throws {UnknownAlbum} */
  view(albumId: number, viewer: Viewer): Promise<AlbumView>;
  /** @throws {BadWords} {SlugTaken} */
  create(did: string, words: { title: string; description: string }): Promise<AlbumView>;
  /** Only what is given changes. @throws {UnknownAlbum} {NotYours} {BadWords} {SlugTaken} */
  edit(did: string, albumId: number, change: { title?: string; description?: string }): Promise<AlbumView>;
  /**
   * Sets the order. Tracks of the album that are not named keep theirs, after the others: one that was put on it meanwhile
   * is not lost.
   *
   * @throws {UnknownAlbum} {NotYours}, {BadOrder} when it names a track twice, or one that is not on the album
   */
  finalize(did: string, albumId: number, trackIds: readonly number[]): Promise<AlbumView>;
  /** @throws {UnknownAlbum} {NotYours} {UnknownTrack} {OnAnotherAlbum} {AlbumFull} */
  put(did: string, albumId: number, trackId: number): Promise<AlbumView>;
  /** Doing it again changes nothing. @throws {UnknownAlbum} {NotYours} */
  takeOff(did: string, albumId: number, trackId: number): Promise<AlbumView>;
  /** The album goes, its tracks stay. @throws {UnknownAlbum} {NotYours} */
  remove(did: string, albumId: number): Promise<void>;
}

/** @param parts.namespace of our collections, as in `fm.plyr` */
export function openAlbums(parts: {
  db: Kysely<Schema>;
  outbox: Outbox<TaskServices>;
  namespace: string;
}): Albums {
  const { db, outbox, namespace } = parts;
  const change = <T>(work: (album: AlbumWork) => Promise<T>): Promise<T> =>
    outbox.transact((tx, schedule) => work({ tx, schedule }));

  return {
    list: (viewer) => listAlbums(db, viewer),

    view: (albumId, viewer) => shown(db, albumId, viewer),

    create: (did, words) =>
      change(async ({ tx, schedule }) => {
        const title = demandAlbumTitle(words.title);
        const description = demandDescription(words.description);
        const now = await oneAtATime(tx, did);
        const slug = await freeSlug(tx, did, title, null);
        const collection = collectionsOf(namespace).list;
        const empty = { name: title, listType: "album", items: [], createdAt: now, updatedAt: null } as const;
        const recordId = await wishRecord(tx, { did, collection, content: listRecord(collection, empty) });
        const { id } = await tx
          .insertInto("lists")
          .values({ did, kind: "album", title, description, slug, record_id: recordId, created_at: now })
          .returning("id")
          .executeTakeFirstOrThrow();
        await listsChanged(tx, schedule, [id]);
        return shown(tx, id, did);
      }),

    edit: (did, albumId, wanted) =>
      change(async (work) => {
        const { tx, schedule } = work;
        const album = await ownAlbum(work, did, albumId);
        const title = wanted.title === undefined ? album.title : demandAlbumTitle(wanted.title);
        const description =
          wanted.description === undefined ? album.description : demandDescription(wanted.description);
        if (title !== album.title || description !== album.description) {
          const slug = await freeSlug(tx, did, title, albumId);
          await tx.updateTable("lists").set({ title, description, slug }).where("id", "=", albumId).execute();
        }
        // The record says nothing of the description.
        if (title !== album.title) {
          await nameAlbumOnAll(work, await trackIdsOn(tx, albumId));
          await listsChanged(tx, schedule, [albumId]);
        }
        return shown(tx, albumId, did);
      }),

    finalize: (did, albumId, trackIds) =>
      change(async (work) => {
        const { tx, schedule } = work;
        await ownAlbum(work, did, albumId);
        const there = await trackIdsOn(tx, albumId);
        demandOrder(there, trackIds);
        await setOrder(tx, schedule, albumId, there, inGivenOrder(there, trackIds));
        return shown(tx, albumId, did);
      }),

    put: (did, albumId, trackId) =>
      change(async (work) => {
        await putOnAlbum(work, did, await ownAlbum(work, did, albumId), trackId);
        return shown(work.tx, albumId, did);
      }),

    takeOff: (did, albumId, trackId) =>
      change(async (work) => {
        await ownAlbum(work, did, albumId);
        await takeOffAlbum(work, albumId, trackId);
        return shown(work.tx, albumId, did);
      }),

    remove: (did, albumId) =>
      change(async (work) => {
        const { tx, schedule } = work;
        const album = await ownAlbum(work, did, albumId);
        const trackIds = await trackIdsOn(tx, albumId);
        await tx.deleteFrom("album_tracks").where("album_id", "=", albumId).execute();
        await nameAlbumOnAll(work, trackIds);
        // The record before the list, as in all who change both: no two wait for each other.
        await wishGone(tx, album.recordId);
        await tx
          .updateTable("lists")
          .set({ deleted_at: sql`now()` })
          .where("id", "=", albumId)
          .execute();
        await listsChanged(tx, schedule, [albumId]);
      }),
  };
}

async function shown(db: Kysely<Schema>, albumId: number, viewer: Viewer): Promise<AlbumView> {
  const view = await viewAlbum(db, albumId, viewer);
  if (view === undefined) throw new UnknownAlbum(albumId);
  return view;
}

/** @throws {SlugTaken} by another living album of this person */
async function freeSlug(
  tx: Transaction<Schema>,
  did: string,
  title: string,
  own: number | null,
): Promise<string> {
  const slug = slugOf(title);
  const other = await otherAlbumOf(tx, did, slug, own);
  if (other !== undefined) throw new SlugTaken(other.title);
  return slug;
}

/** @throws {BadOrder} */
function demandOrder(there: readonly number[], given: readonly number[]): void {
  const seen = new Set<number>();
  for (const trackId of given) {
    if (!there.includes(trackId)) throw new BadOrder(`track ${String(trackId)} is not on this album`);
    if (seen.has(trackId)) throw new BadOrder(`track ${String(trackId)} is named twice`);
    seen.add(trackId);
  }
}
