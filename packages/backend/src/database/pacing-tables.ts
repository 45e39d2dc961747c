import type { ColumnType, Generated } from "kysely";

/** Which PDS a person's repository is on, as far as we have seen. */
export interface PdsHomesTable {
  did: string;
  /** Host and port. */
  host: string;
}

/**
 * What a hold is on: all calls for a `person` (named by DID), all calls to a `host`, or `uploads` of files to a host.
 * A host that isn't known yet is named by the DID of whoever is there.
 */
export type HoldScope = "person" | "host" | "uploads";

/**
 * - `limit`: a 429
 * - `account`: the PDS says that the account can't be written to for now
 * - `away`: the host can't be reached or is in trouble; one call may try again when the time has come
 * - `over`: nothing is held any more, but what was is yet to be told
 */
export type HoldCause = "limit" | "account" | "away" | "over";

export interface PdsHoldsTable {
  scope: HoldScope;
  name: string;
  cause: HoldCause;
  until: ColumnType<Date, Date | string, Date | string>;
  /** Tries in a row that found the host away. */
  tries: Generated<number>;
  /** In words for the owner of a record that waits. */
  reason: string;
  since: ColumnType<Date, Date | string | undefined, Date | string>;
}

export interface PacingTables {
  pds_homes: PdsHomesTable;
  pds_holds: PdsHoldsTable;
}
