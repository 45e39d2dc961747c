import type { Selectable } from "kysely";
import type { ExportStatus, ExportsTable } from "../database/exports-tables.js";
import type { LeftOut } from "./manifest.js";

/** How an export stands, as its owner sees it. */
export interface ExportState {
  readonly id: string;
  readonly status: ExportStatus;
  /** Why it waits, failed or is gone. */
  readonly reason: string | null;
  /** Tracks. */
  readonly processedCount: number;
  readonly totalCount: number;
  /** Of audio. */
  readonly processedBytes: number;
  readonly totalBytes: number;
  /** Of the archive, in bytes; null while it isn't done. */
  readonly size: number | null;
  /** Empty while it isn't done. */
  readonly leftOut: readonly LeftOut[];
  readonly createdAt: Date;
  /** Until when the archive can be downloaded; null: it can't. */
  readonly expiresAt: Date | null;
}

export function exportState(row: Selectable<ExportsTable>): ExportState {
  return {
    id: row.id,
    status: row.status,
    reason: row.reason,
    processedCount: row.processed_count,
    totalCount: row.total_count,
    processedBytes: row.processed_bytes,
    totalBytes: row.total_bytes,
    size: row.size,
    leftOut: row.manifest?.leftOut ?? [],
    createdAt: row.created_at,
    expiresAt: row.status === "done" ? row.expires_at : null,
  };
}

/** Whether there is nothing more to come. */
export function isOver({ status }: Pick<ExportState, "status">): boolean {
  return status !== "waiting" && status !== "running";
}
