import { sql, type Kysely } from "kysely";
import type { Schema, UploadPhase } from "../database/schema.js";

/** How often a number that moves all the time is written down; milliseconds. */
const REPORT = 1_000;

/** Where the newest upload of a track has got to. A track that was never uploaded here has none. */
export async function moveUpload(
  db: Kysely<Schema>,
  trackId: number,
  phase: UploadPhase,
  reason: string | null = null,
): Promise<void> {
  await db
    .updateTable("uploads")
    .set({ phase, reason, touched_at: sql`now()` })
    .where("track_id", "=", trackId)
    // What is done stays so: later writes of the track are edits.
    .where("phase", "<>", "done")
    .execute();
}

/** Writes down how many bytes have gone to the PDS, once a second at most. Nothing depends on it. */
export function reportSent(db: Kysely<Schema>, trackId: number): (bytes: number) => void {
  let last = 0;
  return (sent) => {
    const now = performance.now();
    if (now - last < REPORT) return;
    last = now;
    db.updateTable("uploads")
      .set({ sent, touched_at: sql`now()` })
      .where("track_id", "=", trackId)
      .execute()
      .catch(() => undefined);
  };
}
