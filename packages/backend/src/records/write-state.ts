import { sql, type Kysely, type Selectable } from "kysely";
import type { PdsRecordsTable, RecordState, Schema } from "../database/schema.js";

/** What became of a write, as the record's owner sees it. */
export interface WriteState {
  readonly state: RecordState;
  /** The record's at:// URI; known from the moment the request is accepted. */
  readonly uri: string;
  /** In words, when there is something to say. */
  readonly reason: string | null;
  /** Since when `state` holds, ISO 8601. */
  readonly since: string;
}

/** The columns of a record that its owner's view is made of. */
export type Witnessed = Pick<
  Selectable<PdsRecordsTable>,
  "did" | "collection" | "rkey" | "state" | "reason" | "state_since"
>;

export function writeState(record: Witnessed): WriteState {
  return {
    state: record.state,
    uri: recordUri(record),
    reason: record.reason,
    since: record.state_since.toISOString(),
  };
}

export function recordUri(record: Pick<Witnessed, "did" | "collection" | "rkey">): string {
  return `at://${record.did}/${record.collection}/${record.rkey}`;
}

/** How many of a person's writes are neither confirmed nor given up. */
export async function countUnsettled(db: Kysely<Schema>, did: string): Promise<number> {
  const { count } = await db
    .selectFrom("pds_records")
    .select(sql<number>`count(*)::integer`.as("count"))
    .where("did", "=", did)
    .whereRef("confirmed_version", "<", "wish_version")
    .where("state", "!=", "failed")
    .executeTakeFirstOrThrow();
  return count;
}
