import type { ColumnType, Generated } from "kysely";
import type { Json } from "./json.js";
import type { CostTables } from "./cost-tables.js";
import type { NoticeTables } from "./notice-tables.js";
import type { ScanTables } from "./scan-tables.js";
import type { AlbumTracksTable, ListsTable } from "./lists-tables.js";
import type { PlayCountsTable, PlaysTable, PreferencesTable } from "./plays-tables.js";
import type { ExportsTable } from "./exports-tables.js";
import type { OperatingTables } from "./operating-tables.js";
import type { PacingTables } from "./pacing-tables.js";
import type { PeopleTables } from "./people-tables.js";
import type { RecordsTables } from "./records-tables.js";
import type { SyncsTable, WritePointsTable } from "./sync-tables.js";

/** A column whose value the database chooses on insert and that is a `Date` when read. */
type Timestamp = ColumnType<Date, Date | string | undefined, Date | string>;

export type { Json } from "./json.js";
export type { ScanState } from "./scan-tables.js";

/** A record's content: an object, as `com.atproto.repo.putRecord` takes it. */
export type RecordContent = Record<string, Json>;

/**
 * What became of a record that we own, as its owner sees it.
 *
 * - `writing`: accepted, and being carried to the PDS
 * - `waiting`: the PDS can't be written to at the moment (unreachable, 5xx, 429); tried again by itself
 * - `needs-sign-in`: the grant is gone; continues when the person has signed in again
 * - `confirmed`: the PDS is as the wish says (`wish` null: the record is gone)
 * - `failed`: given up; `reason` says why
 */
export type RecordState = "writing" | "waiting" | "needs-sign-in" | "confirmed" | "failed";

export interface PeopleTable {
  did: string;
  handle: string;
  display_name: string | null;
  created_at: Timestamp;
  /** Since when their account here is being deleted: nothing new is taken in from them. */
  leaving_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
}

export interface OauthGrantsTable {
  did: string;
  /** The library's session, encrypted. */
  sealed: string;
  /** Space-separated, as granted. */
  scope: string;
  /** Set when the PDS refused the grant; cleared by the next sign-in. */
  lost_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  lost_reason: string | null;
  updated_at: Timestamp;
}

export interface OauthStatesTable {
  key: string;
  sealed: string;
  created_at: Timestamp;
}

export interface BrowserSessionsTable {
  /** SHA-256 of the cookie's value, hex: the value itself is nowhere at rest. */
  token_hash: string;
  did: string;
  created_at: Timestamp;
  expires_at: ColumnType<Date, Date | string, Date | string>;
}

export interface PdsRecordsTable {
  id: Generated<string>;
  did: string;
  /** NSID. */
  collection: string;
  rkey: string;
  /** What the record should be; null: it should be gone. */
  wish: ColumnType<RecordContent | null, string | null, string | null>;
  /** Counts the changes of `wish`. */
  wish_version: Generated<number>;
  /** The version of the wish that the PDS is confirmed to have; 0: none yet. */
  confirmed_version: Generated<number>;
  /** CID at the PDS, null when it is not (or no longer) there. */
  confirmed_cid: string | null;
  /** What the PDS is confirmed to have, while something else is wished; null: the same, nothing, or not known. */
  confirmed_wish: ColumnType<RecordContent | null, string | null | undefined, string | null>;
  /** True from just before the first write on: from then on only the PDS knows. */
  may_exist: Generated<boolean>;
  /** When the last write left whose answer never came; null: each was answered. Such a write can still take effect. */
  sent_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  /** The oldest version of the wish that such a write may carry. */
  sent_version: number | null;
  state: Generated<RecordState>;
  /** In words for the record's owner; null when there is nothing to say. */
  reason: string | null;
  state_since: Timestamp;
  /** The record that `wish.subject` refers to while that one's CID is not known: the wish can't be carried out yet. */
  awaits: ColumnType<string | null, string | null | undefined, string | null>;
  /** Other programs write this very record, too: what it says there is not held against us. */
  shared: Generated<boolean>;
  /** Deferrals (outages) in a row since the last answer; sets the pause before the next try. */
  deferrals: Generated<number>;
  /** The version of the wish that spoilt a batch: it goes by itself, and so gets a reason of its own. */
  apart_version: ColumnType<number | null, number | null | undefined, number | null>;
  /** False: it was there before we knew of it, and we have not written it. */
  made_here: Generated<boolean>;
  accepted_at: Timestamp;
  confirmed_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
}

export interface TracksTable {
  id: Generated<number>;
  artist_did: string;
  title: string;
  file_type: string;
  /** Seconds, whole. */
  duration: number;
  audio_url: string;
  description: ColumnType<string | null, string | null | undefined, string | null>;
  /** Of the audio in our storage; null: it is only at `audio_url`. */
  file_key: ColumnType<string | null, string | null | undefined, string | null>;
  mime_type: ColumnType<string | null, string | null | undefined, string | null>;
  /** Bytes of the audio in our storage. */
  size: ColumnType<number | null, number | null | undefined, number | null>;
  /** The audio's blob reference on the artist's PDS. */
  blob: ColumnType<RecordContent | null, string | null | undefined, string | null>;
  /** Why the artist's PDS doesn't have the audio, in words; set once, so that it isn't asked again. */
  blob_refused: ColumnType<string | null, string | null | undefined, string | null>;
  /** It is being taken away with all that refers to it, and shown to nobody. */
  deleted_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  record_id: string;
  created_at: Timestamp;
}

/**
 * How far an upload has got.
 *
 * - `receiving`: on its way from the person to our storage
 * - `checking`: all there; what it is, is being found out
 * - `sending`: a track; its audio is on its way to the artist's PDS
 * - `writing`: its record is
 * - `done`, `failed`: over; `reason` says why it failed
 */
export type UploadPhase = "receiving" | "checking" | "sending" | "writing" | "done" | "failed";

export interface UploadsTable {
  id: string;
  did: string;
  track_id: ColumnType<number | null, number | null | undefined, number | null>;
  /** While the storage may hold something of it that belongs to no track. */
  file_key: string | null;
  title: Generated<string>;
  phase: Generated<UploadPhase>;
  reason: ColumnType<string | null, string | null | undefined, string | null>;
  /** Bytes from the person. */
  received: Generated<number>;
  /** Bytes to the PDS. */
  sent: Generated<number>;
  created_at: Timestamp;
  /** Moves while somebody looks after it. */
  touched_at: Timestamp;
}

export interface LikesTable {
  did: string;
  track_id: number;
  record_id: string;
  created_at: Timestamp;
}

export interface CommentsTable {
  id: Generated<number>;
  did: string;
  track_id: number;
  record_id: string;
  text: string;
  /** Of the track, whole milliseconds from its start. */
  timestamp_ms: number;
  created_at: ColumnType<Date, Date | string, Date | string>;
  /** When the text was last changed. */
  updated_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  /** When the author removed it: the row stays, without its text, to show what becomes of the record. */
  deleted_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
}

export interface IntentsTable {
  /** Also the task's idempotency key in docket. */
  id: Generated<string>;
  /** Name of the task. */
  task: string;
  payload: ColumnType<Json, string, string>;
  /** What runs one at a time: the task's serial key, or the intent's own id. */
  subject: string;
  /** `open`: to be carried out; `dead`: given up, kept for whoever asks why. A finished intent's row is deleted. */
  state: Generated<"open" | "dead">;
  reason: string | null;
  created_at: Timestamp;
  /** When the sweep next asks whether docket still knows it. */
  check_at: ColumnType<Date, Date | string | undefined, Date | string>;
  /** The trace in which it was accepted, where that one is recorded. */
  traceparent: ColumnType<string | null, string | null | undefined, string | null>;
}

export interface SubjectLeasesTable {
  subject: string;
  token: string;
  until: ColumnType<Date, Date | string, Date | string>;
}

export interface Schema
  extends ScanTables, CostTables, NoticeTables, OperatingTables, PacingTables, PeopleTables, RecordsTables {
  people: PeopleTable;
  oauth_grants: OauthGrantsTable;
  oauth_states: OauthStatesTable;
  browser_sessions: BrowserSessionsTable;
  pds_records: PdsRecordsTable;
  tracks: TracksTable;
  uploads: UploadsTable;
  likes: LikesTable;
  comments: CommentsTable;
  preferences: PreferencesTable;
  plays: PlaysTable;
  play_counts: PlayCountsTable;
  lists: ListsTable;
  album_tracks: AlbumTracksTable;
  exports: ExportsTable;
  intents: IntentsTable;
  subject_leases: SubjectLeasesTable;
  write_points: WritePointsTable;
  syncs: SyncsTable;
}
