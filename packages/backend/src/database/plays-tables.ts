import type { ColumnType, Generated } from "kysely";

export interface PreferencesTable {
  did: string;
  /** Plays become records of teal, too. */
  scrobble: Generated<boolean>;
}

export interface PlaysTable {
  /** A person's DID, or a browser's. */
  listener: string;
  track_id: number;
  /** Null: nobody was signed in. */
  did: string | null;
  id: string;
  /** Whole milliseconds. */
  started_at: ColumnType<Date, Date | string, Date | string>;
  /** When enough of it had been heard. */
  heard_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  /** Its scrobble. */
  record_id: ColumnType<string | null, string | null | undefined, string | null>;
}

export interface PlayCountsTable {
  track_id: number;
  plays: number;
}
