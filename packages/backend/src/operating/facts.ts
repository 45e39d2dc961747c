import type { Docket } from "@plyr/docket";
import { StoreUnavailable } from "@plyr/docket";
import { sql, type Kysely } from "kysely";
import { readBudget } from "../costs/cost.js";
import type { Schema } from "../database/schema.js";
import { concernsOf, type Concern, type Facts } from "./concerns.js";

/** Milliseconds. */
const LATE = 600_000;

/** What is wrong, as far as the database, the queues and Redis tell. */
export async function lookAround(parts: {
  readonly db: Kysely<Schema>;
  readonly health: () => Promise<
    Pick<Facts, "mode" | "evictionPolicy" | "workers" | "lastWorkerAt" | "unknownTasks">
  >;
  /** Whose tasks are to be looked at. */
  readonly queue: Pick<Docket<never>, "tasks"> | undefined;
  /** Commands to Redis that a day may cost. */
  readonly budget: number;
}): Promise<Concern[]> {
  const { db } = parts;
  const [health, dead, scans, away, late, waiting, budget] = await Promise.all([
    parts.health(),
    deadLetters(db),
    troubledScans(db),
    hostsAway(db),
    lateWrites(db),
    oldestWaiting(parts.queue),
    readBudget(db, parts.budget),
  ]);
  return concernsOf({ ...health, dead, scans: scans ?? undefined, away, late, waiting, budget });
}

async function deadLetters(db: Kysely<Schema>): Promise<Facts["dead"]> {
  const { count, newest } = await db
    .selectFrom("intents")
    .select(({ fn }) => [sql<number>`count(*)::integer`.as("count"), fn.max("created_at").as("newest")])
    .where("state", "=", "dead")
    .executeTakeFirstOrThrow();
  return count === 0 ? undefined : { count, newest: new Date(newest).toISOString() };
}

export async function troubledScans(
  db: Kysely<Schema>,
): Promise<{ count: number; reason: string; since: string } | null> {
  const rows = await db
    .selectFrom("copyright_scans")
    .select(["reason", "created_at"])
    .where("settled_at", "is", null)
    .where("deferrals", ">", 0)
    .where("reason", "is not", null)
    .orderBy("created_at")
    .limit(1_000)
    .execute();
  const [oldest] = rows;
  if (oldest === undefined) return null;
  return { count: rows.length, reason: oldest.reason ?? "", since: oldest.created_at.toISOString() };
}

async function hostsAway(db: Kysely<Schema>): Promise<NonNullable<Facts["away"]>> {
  const rows = await db
    .selectFrom("pds_holds")
    .select(["name", "reason", "since"])
    .where("scope", "=", "host")
    .where("cause", "=", "away")
    .orderBy("since")
    .limit(100)
    .execute();
  return rows.map((row) => ({ ...row, since: row.since.toISOString() }));
}

/** A record that waits says why; one that is just being written shouldn't be for long. */
async function lateWrites(db: Kysely<Schema>): Promise<Facts["late"]> {
  const { count, oldest } = await db
    .selectFrom("pds_records")
    .select(({ fn }) => [sql<number>`count(*)::integer`.as("count"), fn.min("state_since").as("oldest")])
    .where("state", "=", "writing")
    .where("state_since", "<", sql<Date>`now() - ${LATE}::float8 * interval '1 millisecond'`)
    .executeTakeFirstOrThrow();
  return count === 0 ? undefined : { count, since: new Date(oldest).toISOString() };
}

async function oldestWaiting(
  queue: Pick<Docket<never>, "tasks"> | undefined,
): Promise<NonNullable<Facts["waiting"]>> {
  if (queue === undefined) return [];
  try {
    const { tasks } = await queue.tasks(1);
    return tasks.flatMap(({ task, oldestWaitingAt }) =>
      oldestWaitingAt === undefined || Date.now() - oldestWaitingAt < LATE
        ? []
        : [{ task, since: new Date(oldestWaitingAt).toISOString() }],
    );
  } catch (error) {
    // Away: the mode says so.
    if (error instanceof StoreUnavailable) return [];
    throw error;
  }
}
