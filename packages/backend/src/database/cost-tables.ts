import type { ColumnType } from "kysely";

/** Commands sent to Redis in a day (UTC), as the processes that sent them have counted. */
export interface RedisCommandsTable {
  /** `YYYY-MM-DD`. */
  day: ColumnType<string, string, never>;
  /** The role of the process; `command`: an operator's. */
  process: string;
  /** As docket names it. */
  purpose: string;
  commands: ColumnType<string, number, number>;
  /** When the first of them was noted. */
  since: ColumnType<Date, Date | undefined, never>;
}

/** What the operator was told is wrong. */
export interface AlertsTable {
  id: ColumnType<string, never, never>;
  concern: string;
  severity: "error" | "warning";
  /** As they were told. */
  words: string;
  raised_at: ColumnType<Date, Date | undefined, never>;
  /** Null: it still is. */
  recovered_at: ColumnType<Date | null, never, Date>;
}

export interface CostTables {
  redis_commands: RedisCommandsTable;
  alerts: AlertsTable;
}
