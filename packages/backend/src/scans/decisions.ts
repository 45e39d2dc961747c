import { sql, type Kysely } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.js";
import type { Outbox } from "../outbox/outbox.js";
import { wishGone } from "../records/pds-record.js";
import type { TaskServices } from "../tasks/services.js";
import { takeAway } from "../tracks/take-away.js";
import { lockTrack } from "../tracks/track-wish.js";
import { askForScanAgain } from "./ask-for-scan.js";
import { letGo } from "./audd-calls.js";
import { scanColumns, scanState, toScanState } from "./scan-state.js";

/** There is no such scan, or no track to it any more. */
export class UnknownScan extends Error {
  override readonly name = "UnknownScan";
}

/** A scan as the operator sees it. */
export const listedScan = z.object({
  id: z.int(),
  trackId: z.int().nullable(),
  title: z.string(),
  artist: z.object({ did: z.string(), handle: z.string() }),
  scan: scanState,
  /** Who was told of it, and when; null: nobody (yet). */
  told: z.object({ who: z.string(), at: z.iso.datetime() }).nullable(),
});
export type ListedScan = z.infer<typeof listedScan>;

export interface WhichScans {
  readonly state?: ListedScan["scan"]["state"] | undefined;
  /** Flagged ones and those to be looked at, of which nothing is decided. */
  readonly undecided?: boolean;
}

/** The newest first. @param most at most this many */
export async function listScans(
  db: Kysely<Schema>,
  { state, undecided = false }: WhichScans,
  most: number,
): Promise<ListedScan[]> {
  let query = db
    .selectFrom("copyright_scans as scan")
    .innerJoin("people", "people.did", "scan.artist_did")
    .leftJoin("tracks", "tracks.id", "scan.track_id")
    .leftJoin("notices", "notices.id", "scan.notice_id")
    .select(["scan.id", "scan.track_id", "scan.title", "scan.artist_did", "people.handle", ...scanColumns])
    .select(["tracks.title as track_title", "notices.told", "notices.settled_at as told_at"]);
  if (state !== undefined) query = query.where("scan.state", "=", state);
  if (undecided)
    query = query.where("scan.state", "in", ["flagged", "review"]).where("scan.decision", "is", null);
  const rows = await query.orderBy("scan.id", "desc").limit(most).execute();
  return rows.map((row) => ({
    id: row.id,
    trackId: row.track_id,
    title: row.track_title ?? row.title ?? "",
    artist: { did: row.artist_did, handle: row.handle },
    scan: toScanState(row),
    told: row.told === null || row.told_at === null ? null : { who: row.told, at: row.told_at.toISOString() },
  }));
}

export interface Decisions {
  /** The track stays. @throws {UnknownScan} */
  keep(scanId: number, because: string): Promise<void>;
  /** The track is taken away, as its artist would, and they are shown why. @throws {UnknownScan} */
  takeDown(scanId: number, because: string): Promise<void>;
  /** Compared anew; a call to AuDD whose answer never came may be made again. @throws {UnknownScan} */
  again(scanId: number): Promise<void>;
  /** @returns how many: all tracks, or those whose scan has failed */
  againAll(which: "all" | "failed"): Promise<number>;
}

/** What the operator decides. */
export function openDecisions({
  db,
  outbox,
}: {
  db: Kysely<Schema>;
  outbox: Outbox<TaskServices>;
}): Decisions {
  return {
    async keep(scanId, because) {
      const { numUpdatedRows } = await db
        .updateTable("copyright_scans")
        .set({ decision: "keep", decided_because: because, decided_at: sql`now()` })
        .where("id", "=", scanId)
        .where("track_id", "is not", null)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) throw new UnknownScan(unknown(scanId));
    },

    takeDown: (scanId, because) =>
      outbox.transact(async (tx, schedule) => {
        const trackId = await trackOf(tx, scanId);
        const track = await lockTrack(tx, trackId);
        if (track === null || track.deleted) throw new UnknownScan(unknown(scanId));
        await tx
          .updateTable("copyright_scans")
          .set({
            ...{ decision: "take down", decided_because: because, decided_at: sql`now()` },
            // The track's row goes; this one stays, to tell its artist.
            ...{ track_id: null, title: track.title },
            settled_at: sql`coalesce(settled_at, now())`,
          })
          .where("id", "=", scanId)
          .execute();
        await wishGone(tx, track.recordId);
        await takeAway(tx, schedule, track);
      }),

    again: (scanId) =>
      outbox.transact(async (tx, schedule) => {
        await trackOf(tx, scanId);
        const { content_id: contentId } = await tx
          .selectFrom("copyright_scans")
          .select("content_id")
          .where("id", "=", scanId)
          .executeTakeFirstOrThrow();
        if (contentId !== null) await letGo(tx, contentId);
        await askForScanAgain(tx, schedule, scanId);
      }),

    async againAll(which) {
      let query = db.selectFrom("copyright_scans").select("id").where("track_id", "is not", null);
      if (which === "failed") query = query.where("state", "=", "failed");
      const scans = await query.where("settled_at", "is not", null).orderBy("id").execute();
      for (const { id } of scans) {
        await outbox.transact((tx, schedule) => askForScanAgain(tx, schedule, id));
      }
      return scans.length;
    },
  };
}

async function trackOf(tx: Kysely<Schema>, scanId: number): Promise<number> {
  const row = await tx
    .selectFrom("copyright_scans")
    .select("track_id")
    .where("id", "=", scanId)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined || row.track_id === null) throw new UnknownScan(unknown(scanId));
  return row.track_id;
}

function unknown(scanId: number): string {
  return `There is no scan ${String(scanId)} of a track that is here`;
}
