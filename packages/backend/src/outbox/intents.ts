import { randomUUID } from "node:crypto";
import { sql, type Kysely } from "kysely";
import type { Json, Schema } from "../database/schema.js";

/** Something that was accepted and is still to be carried out. */
export interface Intent {
  /** Also the task's idempotency key in docket. */
  readonly id: string;
  /** The task's name. */
  readonly task: string;
  readonly payload: Json;
  /**
   * Milliseconds before it is first given to a worker. Not kept: handed over again, it may come at once, so a task that
   * must not be early looks for itself.
   */
  readonly delay?: number;
  /** The trace in which it was accepted (W3C `traceparent`), so that whoever hands it over later goes on with that one. */
  readonly traceparent?: string | null;
}

/** After this many seconds the sweep looks for a new intent: whoever wrote it may have died before telling docket. */
const FIRST_CHECK = 5;
/** Seconds from one look to the next. */
const NEXT_CHECK = 60;

/** @param subject what runs one at a time; null: the intent is its own subject */
export async function insertIntent(
  tx: Kysely<Schema>,
  intent: Omit<Intent, "id">,
  subject: string | null,
): Promise<Intent> {
  const id = randomUUID();
  await tx
    .insertInto("intents")
    .values({
      id,
      task: intent.task,
      payload: JSON.stringify(intent.payload),
      subject: subject ?? id,
      traceparent: intent.traceparent ?? null,
      check_at: sql<Date>`now() + ${FIRST_CHECK}::float8 * interval '1 second'`,
    })
    .execute();
  return { id, ...intent };
}

/** Opens a finished intent once more under its own id, because its outcome turned out to be doubtful. */
export async function reopenIntent(db: Kysely<Schema>, intent: Intent, subject: string): Promise<void> {
  await db
    .insertInto("intents")
    .values({
      id: intent.id,
      task: intent.task,
      payload: JSON.stringify(intent.payload),
      subject,
      traceparent: intent.traceparent ?? null,
    })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
}

/** Ends an intent together with the lease under which it was carried out. */
export async function closeIntent(
  db: Kysely<Schema>,
  id: string,
  lease: { readonly subject: string; readonly token: string },
): Promise<void> {
  await sql`
    with closed as (delete from intents where id = ${id}::uuid)
    delete from subject_leases where subject = ${lease.subject} and token = ${lease.token}::uuid
  `.execute(db);
}

/** @returns the intent as it stood, null when it was not open */
export async function markDead(tx: Kysely<Schema>, id: string, reason: string): Promise<Intent | null> {
  const row = await tx
    .updateTable("intents")
    .set({ state: "dead", reason })
    .where("id", "=", id)
    .where("state", "=", "open")
    .returning(["id", "task", "payload"])
    .executeTakeFirst();
  return row ?? null;
}

/**
 * Open intents whose time to be checked has come, each given to one caller only.
 *
 * @param limit at most this many, the longest due first
 * @returns them in the order in which they were accepted: where a queue has lost them, they get their places by it
 */
export async function claimDueIntents(db: Kysely<Schema>, limit: number): Promise<Intent[]> {
  const { rows } = await sql<Intent>`
    with claimed as (
      update intents set check_at = now() + ${NEXT_CHECK}::float8 * interval '1 second'
      where id in (
        select id from intents where state = 'open' and check_at <= now()
        order by check_at, created_at limit ${limit} for update skip locked
      )
      returning id, task, payload, traceparent, created_at
    )
    select id, task, payload, traceparent from claimed order by created_at
  `.execute(db);
  return rows;
}

/** Lets the sweep look at all open intents at once: after a start, whatever was in process is gone. */
export async function checkAllNow(db: Kysely<Schema>): Promise<void> {
  await db
    .updateTable("intents")
    .set({ check_at: sql<Date>`now()` })
    .where("state", "=", "open")
    .execute();
}
