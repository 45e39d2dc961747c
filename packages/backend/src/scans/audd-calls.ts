import { sql, type Kysely } from "kysely";
import type { Json } from "../database/json.js";
import type { Schema } from "../database/schema.js";

/** What is known of a content's call before another one is made. */
export type Begun =
  /** It may be made now: it is noted. */
  | { readonly state: "begun"; readonly call: number }
  | { readonly state: "answered"; readonly response: Json }
  /** One was made, and its answer never came: it may have been billed. */
  | { readonly state: "in doubt"; readonly since: Date }
  /** The day's calls are used up. */
  | { readonly state: "spent"; readonly until: Date };

/**
 * Notes a call before it leaves, unless one was billed already, may have been, or the day's are used up. Days are UTC's.
 *
 * @param most calls a day
 */
export async function beginCall(db: Kysely<Schema>, contentId: number, most: number): Promise<Begun> {
  return db.transaction().execute(async (tx) => {
    // Also keeps two at a time from both taking the day's last one.
    await sql`lock table audd_calls in share row exclusive mode`.execute(tx);
    const known = await tx
      .selectFrom("audd_calls")
      .select(["state", "begun_at", "response"])
      .where("content_id", "=", contentId)
      .where("state", "in", ["begun", "answered"])
      .executeTakeFirst();
    if (known?.state === "answered") return { state: "answered", response: known.response };
    if (known !== undefined) return { state: "in doubt", since: known.begun_at };
    const { made, until } = await tx
      .selectFrom("audd_calls")
      .select([
        sql<number>`count(*)::int`.as("made"),
        sql<Date>`(date_trunc('day', now() at time zone 'utc') + interval '1 day') at time zone 'utc'`.as(
          "until",
        ),
      ])
      .where("state", "<>", "not billed")
      .where("begun_at", ">=", sql<Date>`date_trunc('day', now() at time zone 'utc') at time zone 'utc'`)
      .executeTakeFirstOrThrow();
    if (made >= most) return { state: "spent", until };
    const { id } = await tx
      .insertInto("audd_calls")
      .values({ content_id: contentId })
      .returning("id")
      .executeTakeFirstOrThrow();
    return { state: "begun", call: id };
  });
}

/** What came of it is known. */
export async function endCall(
  db: Kysely<Schema>,
  call: number,
  outcome: { state: "answered"; response: Json } | { state: "not billed" },
): Promise<void> {
  const response = outcome.state === "answered" ? JSON.stringify(outcome.response) : null;
  await db.updateTable("audd_calls").set({ state: outcome.state, response }).where("id", "=", call).execute();
}

/** Lets a call in doubt go, so that another one may be made. An answered one stays: asking again would cost again. */
export async function letGo(db: Kysely<Schema>, contentId: number): Promise<void> {
  await db
    .updateTable("audd_calls")
    .set({ state: "let go" })
    .where("content_id", "=", contentId)
    .where("state", "=", "begun")
    .execute();
}
