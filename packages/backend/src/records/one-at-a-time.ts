import { sql, type Transaction } from "kysely";
import type { Schema } from "../database/schema.js";

/** The person's account here is being deleted, and takes in nothing new. */
export class Leaving extends Error {
  override readonly name = "Leaving";
}

/**
 * Lets what a person does in one at a time: two simultaneous requests would otherwise both find the same state, and
 * both act on it.
 *
 * @returns the database's time
 * @throws {Leaving} when their account here is being deleted
 */
export async function oneAtATime(tx: Transaction<Schema>, did: string): Promise<Date> {
  const person = await tx
    .selectFrom("people")
    .select(["leaving_at", sql<Date>`now()`.as("now")])
    .where("did", "=", did)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (person === undefined) throw new Error(`${did} is not among the people: sign in first`);
  if (person.leaving_at !== null) throw new Leaving(`the account of ${did} here is being deleted`);
  return person.now;
}

/**
 * The same for what carries out what was accepted before, which is done also for who leaves: their last wish is that
 * their records are taken away.
 */
export async function inTurn(tx: Transaction<Schema>, did: string): Promise<void> {
  await tx.selectFrom("people").select("did").where("did", "=", did).forNoKeyUpdate().execute();
}
