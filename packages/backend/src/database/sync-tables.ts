import type { ColumnType } from "kysely";

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
