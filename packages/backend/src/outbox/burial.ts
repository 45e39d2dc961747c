import type { Transaction } from "kysely";
import type { Json, Schema } from "../database/schema.js";
import { markDead, type Intent } from "./intents.js";

/** Notes beside what a task was about that it has been given up. */
export type GivenUp = (tx: Transaction<Schema>, payload: Json, reason: string) => Promise<void>;

/**
 * Ends an intent that will not be carried out, and says so beside what it was about. Twice is once.
 *
 * @returns the intent; null when it was not open
 */
export async function buryIntent(
  tx: Transaction<Schema>,
  givenUp: (task: string) => GivenUp | undefined,
  intentId: string,
  reason: string,
): Promise<Intent | null> {
  const intent = await markDead(tx, intentId, reason);
  if (intent !== null) await givenUp(intent.task)?.(tx, intent.payload, reason);
  return intent;
}
