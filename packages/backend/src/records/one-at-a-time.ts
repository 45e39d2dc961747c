import { sql, type Transaction } from "kysely";
import type { Schema } from "../database/schema.js";

/**
 * Lets what a person does in one at a time: two simultaneous requests would otherwise both find the same state, and
 * both act on it.
 *
 * @returns the database's time
 */
export async function oneAtATime(tx: Transaction<Schema>, did: string): Promise<Date> {
  const person = await tx
    .selectFrom("people")
    .select(sql<Date>`now()`.as("now"))
    .where("did", "=", did)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (person === undefined) throw new Error(`${did} is not among the people: sign in first`);
  return person.now;
}
