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
