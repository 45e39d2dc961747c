import type { Readable } from "node:stream";
import { sql, type Kysely, type Transaction } from "kysely";
import type { RecordContent, Schema } from "../database/schema.js";
import { UnknownTrack } from "../likes/unknown-track.js";
import { ownAlbum, putOnAlbum } from "../lists/album-members.js";
import type { Outbox, Schedule } from "../outbox/outbox.js";
import { collectionsOf } from "../records/collections.js";
import { oneAtATime } from "../records/one-at-a-time.js";
import { wishContent, wishGone, wishRecord } from "../records/pds-record.js";
import { trackRecord } from "../records/track.js";
import { askForScan } from "../scans/ask-for-scan.js";
import type { Storage } from "../storage/storage.js";
import type { TaskServices } from "../tasks/services.js";
import { inspectAudio, type AudioFacts } from "./inspect-audio.js";
import { NotYours } from "./not-yours.js";
import { publishTrack } from "./publish-track.js";
import { discard, receive, type ReceivedFile } from "./receive.js";
import { takeAway } from "./take-away.js";
import { lockTrack, trackWish, type LockedTrack } from "./track-wish.js";
import { demandDescription, demandTitle, titleFrom } from "./words.js";

/** What a person says of the file that they upload. */
export interface UploadWords {
  /** Undefined: from the file's tags or its name. */
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly fileName: string | null;
  /** The album of theirs that it is put on. */
  readonly albumId?: number | undefined;
}

export interface Releases {
  /** @throws {TooLarge} {Stalled} {StorageUnavailable}, and what `content` fails with; nothing is left then */
  receive(did: string, content: Readable): Promise<ReceivedFile>;
  /**
   * Makes a track of a received file, and has it brought to the artist's PDS.
   *
   * @throws {NotAudio} {BadWords} {StorageUnavailable}, {UnknownAlbum} {NotYours} {AlbumFull}; the file is gone then
   */
  accept(did: string, file: ReceivedFile, words: UploadWords): Promise<{ trackId: number }>;
  /** Gives a received file up. */
  discard(file: ReceivedFile, reason: string): Promise<void>;
  /** Only what is given changes; without a change nothing is written. @throws {UnknownTrack} {NotYours} {BadWords} */
  edit(did: string, trackId: number, change: { title?: string; description?: string }): Promise<void>;
  /**
   * Takes a track away: its record, its file, and the likes of it.
   *
   * @returns how many likes of others will be taken back
   * @throws {UnknownTrack} {NotYours}
   */
  remove(did: string, trackId: number): Promise<{ likes: number }>;
}

export interface ReleaseParts {
  readonly db: Kysely<Schema>;
  readonly outbox: Outbox<TaskServices>;
  readonly storage: Storage;
  readonly namespace: string;
  readonly publicUrl: string;
  readonly maxUploadBytes: number;
}

/** What an artist does with their own tracks. */
export function openReleases(parts: ReleaseParts): Releases {
  const { outbox, storage, namespace } = parts;

  return {
    receive: (did, content) => receive(parts, did, content),

    async accept(did, file, words) {
      try {
        const title = words.title === undefined ? null : demandTitle(words.title);
        const description = words.description === undefined ? null : demandDescription(words.description);
        const facts = await inspectAudio(storage, file.key, file.size);
        const named = {
          title: title ?? titleFrom(facts.title, words.fileName),
          description,
          albumId: words.albumId,
        };
        return await outbox.transact((tx, schedule) =>
          insertTrack(parts, tx, schedule, did, file, facts, named),
        );
      } catch (error) {
        await discard(parts, file, error instanceof Error ? error.message : "It could not be taken in");
        throw error;
      }
    },

    discard: (file, reason) => discard(parts, file, reason),

    edit: (did, trackId, change) =>
      outbox.transact(async (tx, schedule) => {
        const track = await ownTrack(tx, did, trackId);
        const title = change.title === undefined ? track.title : demandTitle(change.title);
        const description =
          change.description === undefined ? track.description : demandDescription(change.description);
        if (title === track.title && description === track.description) return;
        await tx.updateTable("tracks").set({ title, description }).where("id", "=", trackId).execute();
        const wish = await trackWish(tx, namespace, trackId, await currentWish(tx, track.recordId));
        await wishContent(tx, track.recordId, wish);
        await schedule(publishTrack, { trackId, recordId: track.recordId, did });
      }),

    remove: (did, trackId) =>
      outbox.transact(async (tx, schedule) => {
        const track = await ownTrack(tx, did, trackId);
        const { likes } = await tx
          .selectFrom("likes")
          .select(sql<number>`count(*)::int`.as("likes"))
          .where("track_id", "=", trackId)
          .where("did", "<>", did)
          .executeTakeFirstOrThrow();
        await wishGone(tx, track.recordId);
        await takeAway(tx, schedule, track);
        return { likes };
      }),
  };
}

async function ownTrack(tx: Transaction<Schema>, did: string, trackId: number): Promise<LockedTrack> {
  const track = await lockTrack(tx, trackId);
  if (track === null || track.deleted) throw new UnknownTrack(trackId);
  if (track.did !== did) throw new NotYours(`Track ${String(trackId)} is somebody else's`);
  return track;
}

async function currentWish(tx: Transaction<Schema>, recordId: string): Promise<RecordContent | null> {
  const { wish } = await tx
    .selectFrom("pds_records")
    .select("wish")
    .where("id", "=", recordId)
    .executeTakeFirstOrThrow();
  return wish;
}

async function insertTrack(
  { namespace, publicUrl }: ReleaseParts,
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  did: string,
  file: ReceivedFile,
  facts: AudioFacts,
  { albumId, ...words }: { title: string; description: string | null; albumId: number | undefined },
): Promise<{ trackId: number }> {
  const collection = collectionsOf(namespace).track;
  await oneAtATime(tx, did);
  const { handle, display_name } = await tx
    .selectFrom("people")
    .select(["handle", "display_name"])
    .where("did", "=", did)
    .executeTakeFirstOrThrow();
  const draft = trackRecord(collection, {
    ...words,
    artist: display_name ?? handle,
    fileType: facts.fileType,
    createdAt: new Date(),
    audioUrl: publicUrl,
    duration: facts.duration,
    album: null,
    blob: null,
  });
  const recordId = await wishRecord(tx, { did, collection, content: draft });
  const { id: trackId } = await tx
    .insertInto("tracks")
    .values({
      artist_did: did,
      ...words,
      file_type: facts.fileType,
      mime_type: facts.mimeType,
      duration: facts.duration,
      file_key: file.key,
      size: file.size,
      audio_url: "",
      record_id: recordId,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  // The address holds the id, and the record the address; nobody has seen the record yet.
  const audioUrl = new URL(`/tracks/${String(trackId)}/audio`, publicUrl).href;
  await tx.updateTable("tracks").set({ audio_url: audioUrl }).where("id", "=", trackId).execute();
  await wishContent(tx, recordId, await trackWish(tx, namespace, trackId, null));
  const { numUpdatedRows } = await tx
    .updateTable("uploads")
    .set({ phase: "sending", track_id: trackId, file_key: null, title: words.title, touched_at: sql`now()` })
    .where("id", "=", file.uploadId)
    .where("phase", "=", "checking")
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new Error("The upload was given up meanwhile: upload the file again");
  if (albumId === undefined) await schedule(publishTrack, { trackId, recordId, did });
  else {
    // Its record names the album, and is published with that.
    const work = { tx, schedule };
    await putOnAlbum(work, did, await ownAlbum(work, did, albumId), trackId);
  }
  await askForScan(tx, schedule, { trackId, artistDid: did });
  return { trackId };
}
