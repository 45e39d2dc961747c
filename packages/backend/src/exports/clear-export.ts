import { defineTask, exponential, RetryAt } from "@plyr/docket";
import { z } from "zod";
import { StorageUnavailable } from "../storage/storage.js";
import type { TaskServices } from "../tasks/services.js";
import { clearAway } from "./archive-key.js";

/** `owner`: whose export it was, a DID; what an earlier version has accepted lacks it. */
const payload = z.object({ exportId: z.uuid(), owner: z.string().optional() });
const STORAGE_PAUSE = 30_000;

/**
 * Clears the archive of an export that is over away, and the row of one that its owner removed.
 *
 * Safe to run twice: what is gone is no error. An export that is still to be had is left alone.
 */
export const clearExport = defineTask<TaskServices>()({
  name: "media.export.clear",
  payload,
  serial: ({ exportId }) => `export:${exportId}`,
  retry: exponential({ attempts: 8, min: "1s", max: "10m" }),
  timeout: "10m",
  maxAge: "30d",
  onDeadLetter: async (_payload, death, { bury }) => {
    if (death.key !== undefined) await bury(death.key, death.reason);
  },
  async run({ exportId }, { services: { db, storage } }) {
    const row = await db.selectFrom("exports").select("status").where("id", "=", exportId).executeTakeFirst();
    if (row === undefined || ["waiting", "running", "done"].includes(row.status)) return;
    try {
      await clearAway(storage, exportId);
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      throw new RetryAt(STORAGE_PAUSE, error.message, { cause: error });
    }
    await db.updateTable("exports").set({ file_key: null }).where("id", "=", exportId).execute();
    await db.deleteFrom("exports").where("id", "=", exportId).where("status", "=", "removed").execute();
  },
});
