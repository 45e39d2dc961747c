import { defineTask, exponential, RetryAt, Terminal } from "@plyr/docket";
import { z } from "zod";
import { trackWritten } from "../lists/of-a-track.js";
import type { GivenUp } from "../outbox/burial.js";
import type { Lease } from "../outbox/subject-lease.js";
import { refusalIn } from "../pds/answer.js";
import { intentsAwaiting } from "../records/awaited.js";
import { pauseAfter } from "../records/pauses.js";
import { defer, markFailed, readRecord, wishContent } from "../records/pds-record.js";
import { afterTrouble, reconcile } from "../records/reconcile.js";
import { NotStored, StorageUnavailable } from "../storage/storage.js";
import type { TaskServices } from "../tasks/services.js";
import { recordSubject } from "../tasks/write-record.js";
import { lockTrack, trackWish } from "./track-wish.js";
import { moveUpload, reportSent } from "./upload-row.js";

const payload = z.object({ trackId: z.int(), recordId: z.uuid(), did: z.string() });

/** The largest audio that a record may name as a blob, in bytes. */
const LARGEST_BLOB = 104_857_600;

/** What the writes of an artist about their own track are about. */
export function aboutRelease(trackId: number): string {
  return `release:${String(trackId)}`;
}

/**
 * Brings a track to its artist's PDS: the audio as a blob, if that PDS takes one of this size, then the record that
 * names it. Every write of a track's record goes this way, so that an edit keeps the blob.
 *
 * Safe to run twice: a blob that is there already isn't sent again (sent twice, it is the same blob); for the record see
 * `reconcile`.
 */
export const publishTrack = defineTask<TaskServices>()({
  name: "track.publish",
  payload,
  serial: ({ did, trackId }) => recordSubject(did, aboutRelease(trackId)),
  group: ({ did }) => did,
  retry: exponential({ attempts: 8, min: "1s", max: "10m" }),
  timeout: "1h",
  maxAge: "30d",
  onDeadLetter: async (given, death, { bury, goOn, db }) => {
    if (death.key !== undefined) await bury(death.key, death.reason);
    const about = payload.safeParse(given);
    // What waited for it is told now.
    if (about.success) await goOn(await intentsAwaiting(db, about.data.recordId));
  },
  async run({ trackId, recordId }, { services, key, signal }) {
    const lease = services.carrier.leaseOf(key);
    const held = AbortSignal.any([signal, lease.signal]);
    await bringAudio(services, trackId, recordId, lease, held);
    await moveUpload(services.db, trackId, "writing");
    try {
      await reconcile(services, recordId, lease, signal);
    } catch (error) {
      if (!isBlobGone(error)) throw error;
      // It took too long from the blob to the record. Both once more.
      await setBlob(services, trackId, null, null);
      throw new RetryAt(1_000, "the PDS has thrown the audio away: sending it again", { cause: error });
    }
    await moveUpload(services.db, trackId, "done");
    await services.outbox.transact((tx, schedule) => trackWritten(tx, schedule, trackId));
    await services.goOn(await intentsAwaiting(services.db, recordId));
  },
});

/** Notes at the track's record and upload that it has been given up. */
export const publishGivenUp: GivenUp = async (tx, given, reason) => {
  const { trackId, recordId } = payload.parse(given);
  await markFailed(tx, recordId, reason);
  await moveUpload(tx, trackId, "failed", reason);
};

async function bringAudio(
  services: TaskServices,
  trackId: number,
  recordId: string,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> {
  const { db, storage, pds } = services;
  const track = await db
    .selectFrom("tracks")
    .select(["artist_did", "file_key", "mime_type", "size", "blob", "blob_refused", "deleted_at"])
    .where("id", "=", trackId)
    .executeTakeFirst();
  // Not there, or on its way out.
  if (track?.deleted_at !== null) return;
  const { file_key: key, size, mime_type: mimeType } = track;
  if (key === null || size === null || mimeType === null) return;
  if (track.blob !== null || track.blob_refused !== null) return;
  if (size > LARGEST_BLOB) {
    await setBlob(services, trackId, null, "The audio is larger than a record may hold; it stays here.");
    return;
  }
  await moveUpload(db, trackId, "sending");
  const record = await readRecord(db, recordId);
  if (record === undefined) throw new Terminal(`record ${recordId} is not in the database (any more)`);
  const outgoing = { size, mimeType, open: () => storage.get(key), onSent: reportSent(db, trackId) };
  try {
    const blob = await pds.uploadBlob(track.artist_did, outgoing, signal);
    await setBlob(services, trackId, JSON.stringify(blob), null);
  } catch (error) {
    if (signal.aborted) throw error;
    if (refusalIn(error)?.status === 413) {
      await setBlob(services, trackId, null, "Your PDS takes no file of this size; the audio stays here.");
      return;
    }
    if (error instanceof NotStored) throw new Terminal("The uploaded file is gone.", { cause: error });
    if (error instanceof StorageUnavailable) {
      const reason = "Our storage can't be reached. Trying again by itself.";
      const deferrals = await defer(db, record, { state: "waiting", reason }, lease);
      throw new RetryAt(pauseAfter(deferrals ?? 0, services.pauses), reason, { cause: error });
    }
    throw await afterTrouble(services, record, lease, error);
  }
}

/** What became of the audio, and the record that follows from it. */
async function setBlob(
  { db, namespace }: TaskServices,
  trackId: number,
  blob: string | null,
  refused: string | null,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const track = await lockTrack(tx, trackId);
    if (track === null || track.deleted) return;
    await tx.updateTable("tracks").set({ blob, blob_refused: refused }).where("id", "=", trackId).execute();
    await wishContent(tx, track.recordId, await trackWish(tx, namespace, trackId, null));
  });
}

function isBlobGone(error: unknown): boolean {
  return error instanceof Terminal && refusalIn(error)?.error === "BlobNotFound";
}
