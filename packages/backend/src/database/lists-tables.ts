import type { ColumnType, Generated } from "kysely";

/** A moment that may be unset. */
type Moment = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;

/**
 * - `album`: tracks of one artist, in the order that the artist gave them
 * - `liked`: what a person likes; each person has one at most
 */
export type ListKind = "album" | "liked";

export interface ListsTable {
  id: Generated<number>;
  did: string;
  kind: ListKind;
  title: string;
  description: ColumnType<string | null, string | null | undefined, string | null>;
  /** The title as it may stand in an address; one album of a person each. */
  slug: string;
  record_id: string;
  created_at: ColumnType<Date, Date | string, never>;
  /** The album was deleted; the row stays until its record is gone from the PDS. */
  deleted_at: Moment;
  /** First and last of the changes that the record's wish doesn't hold yet; null: it holds all. */
  changing_since: Moment;
  changed_at: Moment;
  /** An intent is open that will bring the list to its PDS as it is then. */
  owed: Generated<boolean>;
}

export interface AlbumTracksTable {
  track_id: number;
  album_id: number;
  /** Orders the tracks of an album; not without gaps. */
  position: number;
}
