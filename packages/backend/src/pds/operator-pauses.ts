import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { standingHold, type Hold } from "./holds.js";

/** As long as a queue can be told to pause, and a little less; milliseconds: nine years. */
export const UNTIL_RESUMED = 9 * 365 * 86_400_000;

/**
 * Sends nothing for a person, or to a host, for so many milliseconds. Another hold that is on gives way to this one: whatever
 * else is the matter shows when this is over.
 */
export async function pauseByOperator(
  db: Kysely<Schema>,
  scope: "person" | "host",
  name: string,
  length: number,
  because: string,
): Promise<Hold> {
  const reason = `Held by the operator: ${because}`;
  await sql`
    insert into pds_holds (scope, name, cause, until, tries, reason)
    values (${scope}, ${name}, 'operator', now() + ${length}::float8 * interval '1 millisecond', 0, ${reason})
    on conflict (scope, name) do update set cause = excluded.cause, until = excluded.until,
      tries = excluded.tries, reason = excluded.reason, since = now()
  `.execute(db);
  return standingHold(db, scope, name);
}

/** Ends such a pause: processes of the service let go on what it has kept. @returns false when there was none */
export async function resumeByOperator(
  db: Kysely<Schema>,
  scope: "person" | "host",
  name: string,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("pds_holds")
    .set({ until: sql<Date>`now()` })
    .where("scope", "=", scope)
    .where("name", "=", name)
    .where("cause", "=", "operator")
    .where("until", ">", sql<Date>`now()`)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}
