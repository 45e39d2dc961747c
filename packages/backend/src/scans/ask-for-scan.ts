import { sql, type Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Schedule } from "../outbox/outbox.js";
import type { TaskServices } from "../tasks/services.js";
import { scanTrack } from "./scan-track.js";

/** Has a new track scanned. */
export async function askForScan(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  { trackId, artistDid }: { trackId: number; artistDid: string },
): Promise<void> {
  await tx
    .insertInto("copyright_scans")
    .values({ track_id: trackId, artist_did: artistDid })
    .onConflict((conflict) => conflict.column("track_id").doNothing())
    .execute();
  await schedule(scanTrack, { trackId, owner: artistDid });
}

/** Has a track scanned again; what the scan before found, and what was decided, is gone. */
export async function askForScanAgain(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  scanId: number,
): Promise<void> {
  const { track_id: trackId, artist_did: owner } = await tx
    .updateTable("copyright_scans")
    .set({
      ...{ state: "pending", reason: null, matches: "[]", compared: null, response: null, deferrals: 0 },
      ...{ settled_at: null, notice_id: null, decision: null, decided_because: null, decided_at: null },
      round: sql<number>`round + 1`,
    })
    .where("id", "=", scanId)
    .returning(["track_id", "artist_did"])
    .executeTakeFirstOrThrow();
  if (trackId !== null) await schedule(scanTrack, { trackId, owner });
}
