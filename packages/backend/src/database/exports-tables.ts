import type { ColumnType, Generated } from "kysely";
import type { Manifest } from "../exports/manifest.js";

/**
 * What became of an export, as its owner sees it.
 *
 * - `waiting`: accepted; not begun, or put off
 * - `running`: the archive is being written
 * - `done`: it can be downloaded until `expires_at`
 * - `failed`: given up; `reason` says why
 * - `cancelled`: by its owner, before it was done
 * - `expired`: it was done; the archive is gone, or going
 * - `removed`: by its owner, and shown to nobody; the row goes with the archive
 */
export type ExportStatus = "waiting" | "running" | "done" | "failed" | "cancelled" | "expired" | "removed";

type OptionalDate = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;

export interface ExportsTable {
  id: string;
  did: string;
  status: Generated<ExportStatus>;
  /** In words for its owner; null when there is nothing to say. */
  reason: ColumnType<string | null, string | null | undefined, string | null>;
  /** Tracks dealt with, those that were left out included. */
  processed_count: Generated<number>;
  total_count: number;
  /** Bytes of audio: in the archive, of how many as far as is known. */
  processed_bytes: Generated<number>;
  total_bytes: number;
  /** While the storage may hold something of it. */
  file_key: ColumnType<string | null, string | null | undefined, string | null>;
  /** Of the archive, in bytes. */
  size: ColumnType<number | null, number | null | undefined, number | null>;
  /** The same that lies in the archive; set when it is done. */
  manifest: ColumnType<Manifest | null, string | null | undefined, string | null>;
  /** Times in a row that it was put off; sets the pause before the next try. */
  deferrals: Generated<number>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
  ended_at: OptionalDate;
  /** Of the archive; set when it is done. */
  expires_at: OptionalDate;
}
