import type { ColumnType, Generated } from "kysely";

/** A column whose value the database chooses on insert and that is a `Date` when read. */
type Timestamp = ColumnType<Date, Date | string | undefined, Date | string>;

/** Lets a program act as a person. */
export interface DeveloperTokensTable {
  id: Generated<string>;
  did: string;
  name: string;
  /** SHA-256 of the token, hex: the token itself is nowhere at rest. */
  token_hash: string;
  created_at: Timestamp;
  /** To the minute. */
  last_used_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  expires_at: ColumnType<Date, Date | string, Date | string>;
}

/** What is to become of the records on the PDS of who leaves. */
export type LeavingRecords = "keep" | "remove";

/** A person whose account here is being deleted; goes with the person. */
export interface DeparturesTable {
  did: string;
  /** Known to the browser that asked, which is signed out: shows it how far this is. */
  ticket: Generated<string>;
  records: LeavingRecords;
  /** Why it is not done yet, for the person to read. */
  note: ColumnType<string | null, string | null | undefined, string | null>;
  created_at: Timestamp;
}

export interface PeopleTables {
  developer_tokens: DeveloperTokensTable;
  departures: DeparturesTable;
}
