import type { ColumnType, Generated } from "kysely";
import type { Json } from "./json.js";

/** A span: something that the service did, or does. Columns as the page that describes the system queries them. */
export interface RecordsTable {
  id: Generated<string>;
  start_timestamp: ColumnType<Date, string, never>;
  span_name: string;
  /** The name, and what went wrong if something did. */
  message: string;
  /** Seconds; null while it goes on, or for ever if its process died. */
  duration: number | null;
  level: "info" | "warn" | "error";
  kind: string;
  trace_id: string;
  span_id: string;
  parent_span_id: string | null;
  /** Whose business it was: it goes with them. */
  did: string | null;
  attributes: ColumnType<Json, string, string>;
}

export interface RecordsTables {
  records: RecordsTable;
}
