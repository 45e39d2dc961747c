import { sql, type Kysely } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.js";
import { scheduleNotice } from "../notices/notices.js";
import type { Concern } from "../operating/concerns.js";
import type { Outbox } from "../outbox/outbox.js";
import type { TaskServices } from "../tasks/services.js";

export const alert = z.object({
  id: z.uuid(),
  concern: z.string(),
  severity: z.enum(["error", "warning"]),
  words: z.string(),
  /** ISO 8601. */
  raisedAt: z.string(),
  /** Null: it still is. */
  recoveredAt: z.string().nullable(),
});
export type Alert = z.infer<typeof alert>;

/** Those that have passed are kept for this many days. */
const KEEP_DAYS = 90;

/**
 * Tells the operator of each concern that is new, once however many processes see it, and of each that has passed. One that
 * grows is told anew each time it has become ten times as large.
 *
 * @param about which concerns these are all of; those that it doesn't take are left as they are
 */
export async function tellConcerns(
  { db, outbox }: { db: Kysely<Schema>; outbox: Outbox<TaskServices> },
  concerns: readonly Concern[],
  about: (concern: string) => boolean = () => true,
): Promise<void> {
  const now = new Map(concerns.flatMap((concern) => levelsOf(concern).map((level) => [level, concern])));
  const standing = await db
    .selectFrom("alerts")
    .select(["id", "concern", "words"])
    .where("recovered_at", "is", null)
    .execute();
  for (const [level, { severity, words }] of now) {
    if (!about(level) || standing.some(({ concern }) => concern === level)) continue;
    await outbox.transact(async (tx, schedule) => {
      const raised = await tx
        .insertInto("alerts")
        .values({ concern: level, severity, words })
        .onConflict((conflict) => conflict.column("concern").where("recovered_at", "is", null).doNothing())
        .returning("id")
        .executeTakeFirst();
      if (raised === undefined) return;
      const facts = { concern: level, severity, alert: raised.id };
      await scheduleNotice(tx, schedule, { kind: "alert.raised", about: raised.id, text: words, facts });
    });
  }
  for (const { id, concern, words } of standing) {
    if (!about(concern) || now.has(concern)) continue;
    await outbox.transact(async (tx, schedule) => {
      const { numUpdatedRows } = await tx
        .updateTable("alerts")
        .set({ recovered_at: sql<Date>`now()` })
        .where("id", "=", id)
        .where("recovered_at", "is", null)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) return;
      const text = `Has passed: ${words}`;
      await scheduleNotice(tx, schedule, {
        kind: "alert.passed",
        about: id,
        text,
        facts: { concern, alert: id },
      });
    });
  }
  await db
    .deleteFrom("alerts")
    .where("recovered_at", "<", sql<Date>`now() - ${KEEP_DAYS} * interval '1 day'`)
    .execute();
}

/** At most 200: what still is first, then the newest. */
export async function listAlerts(db: Kysely<Schema>): Promise<Alert[]> {
  const rows = await db
    .selectFrom("alerts")
    .selectAll()
    .orderBy(sql`recovered_at is not null`)
    .orderBy("raised_at", "desc")
    .limit(200)
    .execute();
  return rows.map(({ raised_at: raised, recovered_at: recovered, ...row }) => ({
    ...row,
    raisedAt: raised.toISOString(),
    recoveredAt: recovered?.toISOString() ?? null,
  }));
}

/** `dead letters`, `dead letters: 10 or more`, … */
function levelsOf({ id, size = 1 }: Concern): string[] {
  const levels = [id];
  for (let least = 10; least <= size; least *= 10) levels.push(`${id}: ${String(least)} or more`);
  return levels;
}
