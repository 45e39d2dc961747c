import { sql, type Kysely } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.js";
import type { Facts } from "../operating/concerns.js";
import { priceOf, prices } from "./prices.js";

/** Before this much of a day has been counted, nothing is said of the rest of it; milliseconds. */
const EARLY = 3_600_000;
const DAY = 86_400_000;

/** What `GET /operator/cost` answers. Days are of UTC, prices in dollars. */
export const cost = z.object({
  day: z.string(),
  /** Since when this day has been counted; ISO 8601. Null: nothing has been sent yet. */
  since: z.string().nullable(),
  /** Until now, by process and purpose. */
  sent: z.array(z.object({ process: z.string(), purpose: z.string(), commands: z.int() })),
  today: z.int(),
  /** By the end of the day, at the pace so far. Null: it is too early to tell. */
  projectedDay: z.int().nullable(),
  projectedMonth: z.int().nullable(),
  budget: z.int(),
  freePerDay: z.int(),
  /** Of the projected month, without and with the free tier. */
  price: z.object({ month: z.number(), monthBeyondFree: z.number() }).nullable(),
  /** The last 30 days, the newest first. */
  days: z.array(z.object({ day: z.string(), commands: z.int() })),
});
export type Cost = z.infer<typeof cost>;

export async function readCost(db: Kysely<Schema>, budget: number): Promise<Cost> {
  const [{ day, now }, days] = await Promise.all([clock(db), daysOf(db)]);
  const rows = await db
    .selectFrom("redis_commands")
    .select(["process", "purpose", "commands", "since"])
    .where("day", "=", day)
    .orderBy("process")
    .orderBy("purpose")
    .execute();
  const sent = rows.map(({ process, purpose, commands }) => ({
    process,
    purpose,
    commands: Number(commands),
  }));
  const today = sent.reduce((sum, { commands }) => sum + commands, 0);
  const since = rows.map((row) => row.since.getTime()).sort((one, other) => one - other)[0];
  const projectedDay = project(today, since, now);
  const projectedMonth = projectedDay === null ? null : projectedDay * 30;
  const beyond = projectedDay === null ? 0 : Math.max(0, projectedDay - prices.freePerDay) * 30;
  return {
    day,
    since: since === undefined ? null : new Date(since).toISOString(),
    sent,
    today,
    projectedDay,
    projectedMonth,
    budget,
    freePerDay: prices.freePerDay,
    price:
      projectedMonth === null ? null : { month: priceOf(projectedMonth), monthBeyondFree: priceOf(beyond) },
    days,
  };
}

/** How today's commands stand to their budget. */
export async function readBudget(db: Kysely<Schema>, limit: number): Promise<NonNullable<Facts["budget"]>> {
  const { today: sent, projectedDay: projected } = await readCost(db, limit);
  return { sent, projected, limit };
}

/** At the pace since counting began. */
function project(today: number, since: number | undefined, now: number): number | null {
  if (since === undefined || now - since < EARLY) return null;
  const midnight = Math.ceil(now / DAY) * DAY;
  return Math.round(today + (today / (now - since)) * (midnight - now));
}

async function clock(db: Kysely<Schema>): Promise<{ day: string; now: number }> {
  const { rows } = await sql<{ day: string; now: Date }>`
    select to_char(now() at time zone 'utc', 'YYYY-MM-DD') as day, now() as now
  `.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("the database does not say what time it is");
  return { day: row.day, now: row.now.getTime() };
}

async function daysOf(db: Kysely<Schema>): Promise<Cost["days"]> {
  const rows = await db
    .selectFrom("redis_commands")
    .select(["day", sql<string>`sum(commands)`.as("commands")])
    .groupBy("day")
    .orderBy("day", "desc")
    .limit(30)
    .execute();
  return rows.map(({ day, commands }) => ({ day, commands: Number(commands) }));
}
