import { sql, type Kysely } from "kysely";
import type { SyncState } from "../database/sync-tables.js";
import type { Schema } from "../database/schema.js";

/** Says beside a person how far their sync has got. @returns how often in a row it has been put off */
export async function noteSync(
  db: Kysely<Schema>,
  did: string,
  note: { state: SyncState; reason: string | null; looked?: number; differed?: number },
): Promise<number> {
  const row = {
    ...note,
    at: sql<Date>`now()`,
    ...(note.state === "done" ? { deferrals: 0 } : {}),
    ...(note.state === "running" ? { began_at: sql<Date>`now()` } : {}),
  };
  const { deferrals } = await db
    .insertInto("syncs")
    .values({ did, ...row })
    .onConflict((conflict) =>
      conflict.column("did").doUpdateSet({
        ...row,
        ...(note.state === "waiting" ? { deferrals: sql`syncs.deferrals + 1` } : {}),
      }),
    )
    .returning("deferrals")
    .executeTakeFirstOrThrow();
  return deferrals;
}

/**
 * Whether this sync need not be: a later sign-in's waits behind it, or one that began after this was asked for is done.
 *
 * @param intentId of the sync that asks
 */
export async function isSuperseded(
  db: Kysely<Schema>,
  did: string,
  subject: string,
  intentId: string | undefined,
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from intents own where own.id = ${intentId ?? null}::uuid and (
      exists (
        select 1 from intents newer
        where newer.subject = ${subject} and newer.state = 'open' and newer.created_at > own.created_at
      ) or exists (
        select 1 from syncs where did = ${did} and state = 'done' and began_at > own.created_at
      )
    )
  `.execute(db);
  return rows.length > 0;
}
