import { defineTask, exponential, RetryAt } from "@plyr/docket";
import { z } from "zod";
import { takeBackComments } from "../comments/take-back.js";
import { takeBackLikes } from "../likes/take-back.js";
import { StorageUnavailable } from "../storage/storage.js";
import type { TaskServices } from "../tasks/services.js";

/** `owner`: whose track it was, a DID; what an earlier version has accepted lacks it. */
const payload = z.object({ trackId: z.int(), owner: z.string().optional() });

/** Likes, and comments, taken back in one transaction. */
const BATCH = 100;
const STORAGE_PAUSE = 30_000;

/**
 * Clears away what is left of a deleted track: the likes and comments of others (their records were made by us and refer to
 * nothing any more), the file, the row. The track's own record is on its way out already.
 *
 * Safe to run twice: each step finds less to do the second time.
 */
export const withdrawTrack = defineTask<TaskServices>()({
  name: "track.withdraw",
  payload,
  serial: ({ trackId }) => `withdraw:${String(trackId)}`,
  retry: exponential({ attempts: 8, min: "1s", max: "10m" }),
  timeout: "10m",
  maxAge: "30d",
  onDeadLetter: async (_payload, death, { bury }) => {
    if (death.key !== undefined) await bury(death.key, death.reason);
  },
  async run({ trackId }, { services, signal }) {
    const { db, outbox, storage } = services;
    let taken: number;
    do {
      signal.throwIfAborted();
      taken = await outbox.transact(async (tx, schedule) => {
        const likes = await takeBackLikes(tx, schedule, trackId, BATCH);
        return likes + (await takeBackComments(tx, schedule, trackId, BATCH));
      });
    } while (taken > 0);
    const track = await db
      .selectFrom("tracks")
      .select("file_key")
      .where("id", "=", trackId)
      .where("deleted_at", "is not", null)
      .executeTakeFirst();
    if (track === undefined) return;
    try {
      if (track.file_key !== null) await storage.delete(track.file_key);
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      throw new RetryAt(STORAGE_PAUSE, error.message, { cause: error });
    }
    await db.deleteFrom("tracks").where("id", "=", trackId).execute();
  },
});
