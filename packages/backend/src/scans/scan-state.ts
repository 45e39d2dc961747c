import type { Kysely } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.js";
import { compared, match } from "./scanner.js";

/** What a scan has found, as the track's artist (and the operator) sees it. */
export const scanState = z.object({
  state: z.enum(["pending", "clear", "flagged", "review", "failed"]),
  reason: z.string().nullable(),
  matches: z.array(match),
  compared: compared.nullable(),
  /** When it was done, ISO 8601; null: not yet, or it is tried again by itself. */
  at: z.iso.datetime().nullable(),
  /** What the operator has decided; null: nothing. */
  decision: z
    .object({ what: z.enum(["keep", "take down"]), because: z.string(), at: z.iso.datetime() })
    .nullable(),
});
export type ScanState = z.infer<typeof scanState>;

/** As it stands in the table. */
export interface ScanColumns {
  state: string;
  reason: string | null;
  matches: unknown;
  compared: unknown;
  settled_at: Date | null;
  decision: string | null;
  decided_because: string | null;
  decided_at: Date | null;
}

export const scanColumns = [
  "scan.state",
  "scan.reason",
  "scan.matches",
  "scan.compared",
  "scan.settled_at",
  "scan.decision",
  "scan.decided_because",
  "scan.decided_at",
] as const;

export function toScanState(row: ScanColumns): ScanState {
  const { decision: what, decided_because: because, decided_at: at } = row;
  return scanState.parse({
    state: row.state,
    reason: row.reason,
    matches: row.matches,
    compared: row.compared,
    at: row.settled_at?.toISOString() ?? null,
    decision: what === null ? null : { what, because: because ?? "", at: at?.toISOString() },
  });
}

/** Of a person's own tracks, by track. */
export async function scansOf(db: Kysely<Schema>, did: string): Promise<ReadonlyMap<number, ScanState>> {
  const rows = await db
    .selectFrom("copyright_scans as scan")
    .select(["scan.track_id", ...scanColumns])
    .where("scan.artist_did", "=", did)
    .where("scan.track_id", "is not", null)
    .execute();
  return new Map(
    rows.flatMap((row) => (row.track_id === null ? [] : [[row.track_id, toScanState(row)] as const])),
  );
}

export interface TakenDown {
  readonly title: string;
  readonly scan: ScanState;
}

const MOST = 100;

/** What the operator has taken down of a person's own, the newest first, 100 at most. */
export async function takenDown(db: Kysely<Schema>, did: string): Promise<TakenDown[]> {
  const rows = await db
    .selectFrom("copyright_scans as scan")
    .select(["scan.title", ...scanColumns])
    .where("scan.artist_did", "=", did)
    .where("scan.track_id", "is", null)
    .where("scan.decision", "=", "take down")
    .orderBy("scan.decided_at", "desc")
    .limit(MOST)
    .execute();
  return rows.map((row) => ({ title: row.title ?? "", scan: toScanState(row) }));
}
