import type { ColumnType, Generated } from "kysely";

type Moment = ColumnType<Date, Date | string, Date | string>;

/** What a person's PDS will still take from us, as far as we know: other apps spend the same points. */
export interface WritePointsTable {
  did: string;
  /** Whether their PDS counts at all; null: it has not been seen yet. */
  limited: boolean | null;
  /** Points. */
  hour_limit: number;
  hour_spent: number;
  /** When the hour that is being counted is over. */
  hour_ends: Moment;
  /** Points. */
  day_limit: number;
  day_spent: number;
  day_ends: Moment;
}

/** How a person's latest sync goes; `waiting` for their PDS, `failed`: given up until their next sign-in. */
export type SyncState = "running" | "waiting" | "done" | "failed";

export interface SyncsTable {
  did: string;
  state: SyncState;
  /** In words, when there is something to say. */
  reason: string | null;
  /** Records of ours that were held against the repository. */
  looked: Generated<number>;
  /** Of these, how many differed. */
  differed: Generated<number>;
  /** How often in a row it has been put off. */
  deferrals: Generated<number>;
  /** When the latest run of it began. */
  began_at: ColumnType<Date, Date | string | undefined, Date | string>;
  /** Since when it is so. */
  at: Moment;
}
