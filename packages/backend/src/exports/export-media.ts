import { defineTask, exponential, RetryAt } from "@plyr/docket";
import { sql } from "kysely";
import { z } from "zod";
import type { GivenUp } from "../outbox/burial.js";
import type { Troubled } from "../outbox/last-error.js";
import type { Lease } from "../outbox/subject-lease.js";
import { pauseAfter } from "../records/pauses.js";
import { NotStored, StorageUnavailable } from "../storage/storage.js";
import type { TaskServices } from "../tasks/services.js";
import { archiveKey, clearAway, stagingKey } from "./archive-key.js";
import { archiveName } from "./archive-names.js";
import { beginRun, completeRun, noteCleared, putOff, readWanted, type Wanted } from "./export-run.js";
import { ExportedFiles } from "./exported-files.js";
import { PdsAudio } from "./pds-audio.js";
import { CalledOff, RunWatch } from "./run-watch.js";
import { writeArchive } from "./write-archive.js";

/** `owner`: whose export it is, a DID; what an earlier version has accepted lacks it. */
const payload = z.object({ exportId: z.uuid(), owner: z.string().optional() });

const STORAGE_AWAY = "Our storage can't be used at the moment. Trying again by itself.";

/**
 * Makes the archive of an artist's music: the originals as they were uploaded, and a manifest. One export at a time in
 * the whole service, so that no process needs more than the buffers of one.
 *
 * Safe to run twice: a run begins by clearing away what an earlier one left, and an archive that is done stays. An
 * outage of our storage uses up no attempts; after two days the export is given up.
 */
export const exportMedia = defineTask<TaskServices>()({
  name: "media.export",
  payload,
  serial: () => "exports",
  retry: exponential({ attempts: 5, min: "5s", max: "10m" }),
  timeout: "12h",
  maxAge: "2d",
  onDeadLetter: async (_payload, death, { bury }) => {
    if (death.key !== undefined) await bury(death.key, death.reason);
  },
  async run({ exportId }, { services, key, signal }) {
    const lease = services.carrier.leaseOf(key);
    try {
      await pursue(services, exportId, lease, AbortSignal.any([signal, lease.signal]));
    } catch (error) {
      // A file that vanished while it was read will be found missing next time.
      if (!(error instanceof StorageUnavailable || error instanceof NotStored)) throw error;
      const deferrals = await putOff(services.db, exportId, STORAGE_AWAY, lease);
      throw new RetryAt(pauseAfter(deferrals, services.pauses), error.message, { cause: error });
    }
  },
});

/** Notes at the export that it has been given up. What the storage has of it is the expirer's to see to. */
export const exportGivenUp: GivenUp = async (tx, given, reason) => {
  const { exportId } = payload.parse(given);
  await tx
    .updateTable("exports")
    .set({ status: "failed", reason, ended_at: sql`now()` })
    .where("id", "=", exportId)
    .where("status", "in", ["waiting", "running"])
    .execute();
};

/** Notes at the export why it is tried again. Its state is the run's to change: there may be one again. */
export const exportTroubled: Troubled = async (db, given, reason) => {
  await db
    .updateTable("exports")
    .set({ reason })
    .where("id", "=", payload.parse(given).exportId)
    .where("status", "in", ["waiting", "running"])
    .execute();
};

async function pursue(
  services: TaskServices,
  exportId: string,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> {
  const wanted = await readWanted(services.db, exportId);
  if (wanted.what === "nothing") return;
  await clearAway(services.storage, exportId);
  if (wanted.what === "make") {
    await beginRun(services.db, exportId, lease);
    const isMade = await make(services, exportId, wanted, lease, signal);
    if (isMade) return;
    // Cancelled: whatever was written meanwhile goes.
    await clearAway(services.storage, exportId);
  }
  await noteCleared(services.db, exportId);
}

/** @returns false: it is no longer wanted */
async function make(
  { db, storage, pds, pauses, outbox, exports }: TaskServices,
  exportId: string,
  { did, handle, expected }: Extract<Wanted, { what: "make" }>,
  lease: Lease,
  outer: AbortSignal,
): Promise<boolean> {
  const watch = new RunWatch({ db, exportId, holder: lease, stall: exports.stall });
  const signal = AbortSignal.any([outer, watch.signal]);
  const stagedKey = stagingKey(exportId);
  const onMoved = (): void => {
    watch.moved();
  };
  const files = new ExportedFiles({
    db,
    storage,
    artist: { did, handle },
    pdsAudio: new PdsAudio({ pds, storage, pauses, did, key: stagedKey, signal, onMoved }),
    stagedKey,
    onBytes: (bytes) => {
      watch.moved(bytes);
    },
    onTrack: () => {
      watch.passed();
    },
  });
  try {
    const fileName = archiveName(handle, new Date());
    const { size } = await writeArchive(storage, archiveKey(exportId), files.all(), {
      fileName,
      expected,
      signal,
    });
    await storage.delete(stagedKey);
    // The start of an upload that an earlier run gave up may have reached the bucket after this run had cleared it.
    await storage.abort(archiveKey(exportId));
    await watch.stop();
    const isDone = await completeRun(
      outbox,
      exportId,
      { size, manifest: files.manifest, keep: exports.keep },
      lease,
    );
    // Without the lease, the file is another run's by now.
    if (!isDone) outer.throwIfAborted();
    return isDone;
  } catch (error) {
    if (error instanceof CalledOff && !outer.aborted) return false;
    throw error;
  } finally {
    await watch.stop();
  }
}
