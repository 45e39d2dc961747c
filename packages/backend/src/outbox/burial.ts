import type { Kysely, Transaction } from "kysely";
import type { Json, Schema } from "../database/schema.js";
import { markDead } from "./intents.js";

/** Notes beside what a task was about that it has been given up. */
export type GivenUp = (tx: Transaction<Schema>, payload: Json, reason: string) => Promise<void>;

/** Ends an intent that will not be carried out, and says so beside what it was about. Twice is once. */
export async function buryIntent(
  db: Kysely<Schema>,
  givenUp: (task: string) => GivenUp | undefined,
  intentId: string,
  reason: string,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const intent = await markDead(tx, intentId, reason);
    if (intent !== null) await givenUp(intent.task)?.(tx, intent.payload, reason);
  });
}
