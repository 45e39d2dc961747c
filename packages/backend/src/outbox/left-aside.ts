import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";

/** What is left aside is looked at again after this many seconds. */
const LOOK_AGAIN = 30;

/**
 * Thrown by a run: something else carries its intent out. The intent stays open, and no queue knows it any more: what was put off in the
 * memory of another process, or in a docket that can't be reached, could not be told that it is time. The sweep finds it.
 */
export class LeftAside extends Error {
  override readonly name = "LeftAside";
}

/** Leaves an intent to whatever carries it out, until the sweep's next look. */
export async function leaveAside(db: Kysely<Schema>, intentId: string): Promise<void> {
  await db
    .updateTable("intents")
    .set({ check_at: sql<Date>`now() + ${LOOK_AGAIN}::float8 * interval '1 second'` })
    .where("id", "=", intentId)
    .execute();
}
