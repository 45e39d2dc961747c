import { sql, type Kysely, type Transaction } from "kysely";
import type { Json } from "../database/json.js";
import type { Schema } from "../database/schema.js";
import type { Schedule } from "../outbox/outbox.js";
import type { TaskServices } from "../tasks/services.js";
import { sendNotice } from "./send-notice.js";

/** Something that the operator should know. */
export interface NewNotice {
  /** Such as `scan.flagged`. */
  readonly kind: string;
  /** What it is about, by id: a second notice of one kind about the same is none. */
  readonly about: string;
  /** The person whom it names, if any: when they leave, it goes with them. */
  readonly did?: string;
  /** In one sentence. No credentials, and no address with one. */
  readonly text: string;
  /** For programs. The same holds. */
  readonly facts: Readonly<Record<string, Json>>;
}

/**
 * Tells the operator, if the transaction commits: once for each kind and what it is about.
 *
 * @returns the notice's id, also of one that was there already
 */
export async function scheduleNotice(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  { kind, about, did, text, facts }: NewNotice,
): Promise<string> {
  const made = await tx
    .insertInto("notices")
    .values({ kind, about, did: did ?? null, facts: JSON.stringify({ text, ...facts }) })
    .onConflict((conflict) => conflict.columns(["kind", "about"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  if (made !== undefined) {
    await schedule(sendNotice, { noticeId: made.id });
    return made.id;
  }
  const { id } = await tx
    .selectFrom("notices")
    .select("id")
    .where("kind", "=", kind)
    .where("about", "=", about)
    .executeTakeFirstOrThrow();
  return id;
}

export interface ListedNotice {
  readonly id: string;
  readonly kind: string;
  readonly about: string;
  readonly text: string;
  readonly state: string;
  readonly told: string | null;
  readonly reason: string | null;
  readonly at: string;
}

/** The newest first. @param most at most this many */
export async function listNotices(db: Kysely<Schema>, most: number): Promise<ListedNotice[]> {
  const rows = await db
    .selectFrom("notices")
    .select(["id", "kind", "about", "state", "told", "reason", "created_at"])
    .select(sql<string>`facts->>'text'`.as("text"))
    .orderBy("created_at", "desc")
    .limit(most)
    .execute();
  return rows.map(({ created_at: createdAt, ...row }) => ({ ...row, at: createdAt.toISOString() }));
}
