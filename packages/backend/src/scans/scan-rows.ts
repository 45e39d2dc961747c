import { sql, type Kysely, type Transaction } from "kysely";
import type { Schema, ScanState } from "../database/schema.js";
import type { Finding } from "./scanner.js";

/** A scan that is asked for, and what it is about. */
export interface OpenScan {
  readonly id: number;
  readonly round: number;
  readonly deferrals: number;
  readonly contentId: number | null;
  readonly trackId: number;
  readonly title: string;
  readonly artistDid: string;
  readonly handle: string;
  readonly displayName: string | null;
  /** Seconds, by what the file says of itself. */
  readonly duration: number;
  readonly fileKey: string;
}

/** @returns undefined when there is nothing (any more) to scan */
export async function readOpenScan(db: Kysely<Schema>, trackId: number): Promise<OpenScan | undefined> {
  const row = await db
    .selectFrom("copyright_scans as scan")
    .innerJoin("tracks", "tracks.id", "scan.track_id")
    .innerJoin("people", "people.did", "tracks.artist_did")
    .select(["scan.id", "round", "deferrals", "content_id", "tracks.id as track_id", "tracks.title"])
    .select(["tracks.artist_did", "handle", "display_name", "duration", "file_key"])
    .where("scan.track_id", "=", trackId)
    .where("settled_at", "is", null)
    .where("deleted_at", "is", null)
    .executeTakeFirst();
  if (row === undefined || row.file_key === null) return undefined;
  return {
    id: row.id,
    round: row.round,
    deferrals: row.deferrals,
    contentId: row.content_id,
    trackId: row.track_id,
    title: row.title,
    artistDid: row.artist_did,
    handle: row.handle,
    displayName: row.display_name,
    duration: row.duration,
    fileKey: row.file_key,
  };
}

/** What the audio of a scan's track is. */
export async function noteContent(db: Kysely<Schema>, scanId: number, contentId: number): Promise<void> {
  await db.updateTable("copyright_scans").set({ content_id: contentId }).where("id", "=", scanId).execute();
}

/** A scan that is put off: it is still asked for. @returns how often in a row */
export async function notePutOff(
  db: Kysely<Schema>,
  scan: OpenScan,
  state: Extract<ScanState, "pending" | "failed">,
  reason: string,
): Promise<number> {
  const row = await db
    .updateTable("copyright_scans")
    .set({ state, reason, deferrals: sql<number>`deferrals + 1` })
    .where("id", "=", scan.id)
    .where("round", "=", scan.round)
    .where("settled_at", "is", null)
    .returning("deferrals")
    .executeTakeFirst();
  return row?.deferrals ?? 0;
}

/**
 * The outcome, once: what another run has settled meanwhile stays.
 *
 * @returns whether this was it
 */
export async function settle(
  tx: Transaction<Schema>,
  scan: Pick<OpenScan, "id" | "round">,
  outcome: Finding | { state: "failed"; reason: string; response: Finding["response"] },
  noticeId: string | null,
): Promise<boolean> {
  const found = "matches" in outcome ? outcome : { matches: [], compared: null };
  const { numUpdatedRows } = await tx
    .updateTable("copyright_scans")
    .set({
      state: outcome.state,
      reason: outcome.reason,
      matches: JSON.stringify(found.matches),
      compared: found.compared && JSON.stringify(found.compared),
      response: outcome.response === null ? null : JSON.stringify(outcome.response),
      notice_id: noticeId,
      settled_at: sql`now()`,
    })
    .where("id", "=", scan.id)
    .where("round", "=", scan.round)
    .where("settled_at", "is", null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}
