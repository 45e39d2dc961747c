import type { ColumnType, Generated } from "kysely";
import type { Json } from "./json.js";

/** What the operator keeps from being carried out. */
export interface StrikesTable {
  task: string;
  /** Fields of the payload and what they must equal; `{}`: whatever it is. */
  matching: ColumnType<Record<string, Json>, string, never>;
  /** In the operator's words. */
  because: string;
  since: Generated<Date>;
}

/** What operators have done. */
export interface OperatorActionsTable {
  id: Generated<number>;
  at: Generated<Date>;
  /** A DID, or an account of the machine. */
  who: string;
  /** The route. */
  command: string;
  arguments: ColumnType<Json, string, never>;
  /** `begun`, `done`, or why it was not done. */
  outcome: string;
}

export interface OperatingTables {
  strikes: StrikesTable;
  operator_actions: OperatorActionsTable;
}
