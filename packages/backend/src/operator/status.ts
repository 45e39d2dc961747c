import { sql, type Kysely } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.js";

const counts = z.record(z.string(), z.int());

/** What `GET /operator/status` answers. */
export const status = z.object({
  people: z.int(),
  /** People whose PDS does not accept our permission any more. */
  needSignIn: z.int(),
  /** By state. */
  records: counts,
  /** Accepted and not carried out yet, by task. */
  open: counts,
  /** Given up, by task. */
  dead: counts,
  docket: z.object({ mode: z.string() }),
});
export type Status = z.infer<typeof status>;

export async function readStatus(db: Kysely<Schema>): Promise<Omit<Status, "docket">> {
  const number = sql<number>`count(*)::integer`.as("count");
  const [people, lost, records, intents] = await Promise.all([
    db.selectFrom("people").select(number).executeTakeFirstOrThrow(),
    db.selectFrom("oauth_grants").select(number).where("lost_at", "is not", null).executeTakeFirstOrThrow(),
    db.selectFrom("pds_records").select(["state", number]).groupBy("state").execute(),
    db.selectFrom("intents").select(["state", "task", number]).groupBy(["state", "task"]).execute(),
  ]);
  const ofState = (state: "open" | "dead") =>
    Object.fromEntries(intents.filter((row) => row.state === state).map(({ task, count }) => [task, count]));
  return {
    people: people.count,
    needSignIn: lost.count,
    records: Object.fromEntries(records.map(({ state, count }) => [state, count])),
    open: ofState("open"),
    dead: ofState("dead"),
  };
}
