import type { ColumnType, Generated } from "kysely";
import type { Json } from "./json.js";

type Timestamp = ColumnType<Date, Date | string | undefined, Date | string>;
type Unset<T> = ColumnType<T | null, T | null | undefined, T | null>;
type UnsetTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;

/** What is known of a file's audio by itself, whoever has it. Numbered in the order in which they can be seen. */
export interface AudioContentsTable {
  id: Generated<number>;
  /** Of the file, hex. */
  sha256: string;
  /** That were decoded. */
  seconds: number;
  /** The part of it that can be heard, 0 to 1. */
  audible: number;
  fingerprint_kind: string;
  /** 32-bit items, the lowest byte first. */
  fingerprint: ColumnType<Uint8Array, Uint8Array, never>;
  added_at: Timestamp;
}

/** What the operator has named as somebody's work. */
export interface CatalogueTable {
  id: Generated<number>;
  content_id: number;
  title: string;
  artist: string;
  added_at: Timestamp;
}

/**
 * What a scan has found.
 *
 * - `pending`: not scanned yet; `reason` says why it takes longer
 * - `clear`: compared with all that is named in `compared`, and nothing found
 * - `flagged`: it is somebody else's
 * - `review`: a person should look
 * - `failed`: it could not be compared; `reason` says why. Open while `settled_at` is null: it is tried again by itself
 */
export type ScanState = "pending" | "clear" | "flagged" | "review" | "failed";

export interface CopyrightScansTable {
  id: Generated<number>;
  /** Null once the operator has taken the track down: the row tells its artist why. */
  track_id: number | null;
  artist_did: string;
  /** Set with a taken-down track, whose own row is gone. */
  title: Unset<string>;
  content_id: Unset<number>;
  /** Counts how often it was asked for. */
  round: Generated<number>;
  state: Generated<ScanState>;
  reason: Unset<string>;
  matches: ColumnType<Json, string | undefined, string>;
  compared: ColumnType<Json | null, string | null | undefined, string | null>;
  /** What another service answered, as it came. */
  response: ColumnType<Json | null, string | null | undefined, string | null>;
  /** Outages in a row; sets the pause before the next try. */
  deferrals: Generated<number>;
  settled_at: UnsetTime;
  /** Who was told, and when. */
  notice_id: Unset<string>;
  decision: Unset<"keep" | "take down">;
  decided_because: Unset<string>;
  decided_at: UnsetTime;
  created_at: Timestamp;
}

/**
 * Every call that AuDD may bill, noted before it leaves.
 *
 * - `begun`: it has left, or is about to; what became of it is not known while it stands so
 * - `answered`, `not billed`: known
 * - `let go`: the operator has allowed another one in its place
 */
export interface AuddCallsTable {
  id: Generated<number>;
  content_id: number;
  state: Generated<"begun" | "answered" | "not billed" | "let go">;
  begun_at: Timestamp;
  response: ColumnType<Json | null, string | null | undefined, string | null>;
}

export interface ScanTables {
  audio_contents: AudioContentsTable;
  catalogue: CatalogueTable;
  copyright_scans: CopyrightScansTable;
  audd_calls: AuddCallsTable;
}
