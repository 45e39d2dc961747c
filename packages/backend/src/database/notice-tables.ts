import type { ColumnType, Generated } from "kysely";
import type { Json } from "./json.js";

/**
 * Something that the operator should know.
 *
 * - `waiting`: on its way
 * - `sent`: the webhook has taken it
 * - `kept`: there is no webhook; it stands here alone
 * - `failed`: given up; `reason` says why
 */
export interface NoticesTable {
  /** Also sent along, so that the other side can tell a repetition. */
  id: Generated<string>;
  /** Such as `scan.flagged`. */
  kind: string;
  /** Of two notices of one kind about the same, the second is none. */
  about: string;
  /** Whom it names: it goes with them. */
  did: ColumnType<string | null, string | null | undefined, string | null>;
  facts: ColumnType<Json, string, never>;
  state: Generated<"waiting" | "sent" | "kept" | "failed">;
  /** The host that was told; never the whole address, which may hold a credential. */
  told: ColumnType<string | null, string | null | undefined, string | null>;
  reason: ColumnType<string | null, string | null | undefined, string | null>;
  created_at: ColumnType<Date, Date | string | undefined, Date | string>;
  settled_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
}

export interface NoticeTables {
  notices: NoticesTable;
}
