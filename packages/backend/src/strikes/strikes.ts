import type { Where } from "@plyr/docket";
import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";

/** What is kept from being carried out, by whichever queue. */
export interface Struck {
  readonly task: string;
  /** Fields of the payload and what they must equal; empty: whatever it is. */
  readonly where: Where;
  /** In the operator's words. */
  readonly because: string;
  readonly since: Date;
}

/** What the owner of something that waits for this is told. */
export function heldByOperator(because: string): string {
  return `Held by the operator: ${because}`;
}

/** Whether nothing keeps the intent from being carried out: a condition on a row of `intents`. */
export const notStruck = sql<boolean>`not exists (
  select 1 from strikes where strikes.task = intents.task and intents.payload @> strikes.matching
)`;

/** Strikes a task, or its payloads that have these fields. Struck already, it gets the new reason. */
export async function addStrike(
  db: Kysely<Schema>,
  { task, where, because }: Omit<Struck, "since">,
): Promise<void> {
  await db
    .insertInto("strikes")
    .values({ task, matching: JSON.stringify(where), because })
    .onConflict((conflict) => conflict.columns(["task", "matching"]).doUpdateSet({ because }))
    .execute();
}

/** Ends a strike. @returns false when there was none */
export async function endStrike(db: Kysely<Schema>, task: string, where: Where): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom("strikes")
    .where("task", "=", task)
    .where("matching", "=", sql<Where>`${JSON.stringify(where)}::jsonb`)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

export async function readStrikes(db: Kysely<Schema>): Promise<Struck[]> {
  const { rows } = await sql<Struck>`
    select task, matching as "where", because, since from strikes order by since, task
  `.execute(db);
  return rows;
}
