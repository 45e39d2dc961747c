import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { isCounting, toldLimit } from "./limits.js";

/** What the big hosts allow each account, in points: a create costs 3, an update 2, a delete 1. */
const USUAL = { hour: 5_000, day: 35_000 };

/** The parts of a limit that batches may spend: the rest is for what a person does meanwhile, here or in other apps. */
const SHARE = { hour: 0.8, day: 0.9 };

/** How many points a batch may spend now. */
export interface Allowance {
  /** Infinity at a PDS that doesn't count. */
  readonly points: number;
  /** Milliseconds until there are more, should these not do. */
  readonly more: number;
}

/** Milliseconds until each window is over. */
interface Ends {
  readonly hour: number;
  readonly day: number;
}

/**
 * What people's PDSs will still take from us. Only an estimate, kept for each person in the database so that all processes
 * share it: other apps spend the same points. What the PDS says of it counts more, and its 429 most.
 */
export class Points {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  async allowance(did: string): Promise<Allowance> {
    const { rows } = await sql<{ limited: boolean | null; hour: number; day: number; ends: Ends }>`
      select limited,
        (floor(hour_limit * ${SHARE.hour}::float8)
          - case when hour_ends > now() then hour_spent else 0 end)::float8 as hour,
        (floor(day_limit * ${SHARE.day}::float8)
          - case when day_ends > now() then day_spent else 0 end)::float8 as day,
        json_build_object(
          'hour', greatest(0, extract(epoch from hour_ends - now()) * 1000),
          'day', greatest(0, extract(epoch from day_ends - now()) * 1000)) as ends
      from write_points where did = ${did}
    `.execute(this.#db);
    const [row] = rows;
    if (row === undefined) return { points: Math.floor(USUAL.hour * SHARE.hour), more: 0 };
    if (row.limited === false) return { points: Infinity, more: 0 };
    const { hour, day, ends } = row;
    return { points: Math.max(0, Math.min(hour, day)), more: day < hour ? ends.day : ends.hour };
  }

  /** Points that are being spent: to be said before a batch leaves, so that another process doesn't spend them too. */
  async spend(did: string, points: number): Promise<void> {
    await sql`
      insert into write_points as known
        (did, hour_limit, hour_spent, hour_ends, day_limit, day_spent, day_ends)
      values (${did}, ${USUAL.hour}, ${points}, now() + interval '1 hour',
        ${USUAL.day}, ${points}, now() + interval '1 day')
      on conflict (did) do update set
        hour_spent = case when known.hour_ends > now() then known.hour_spent else 0 end + excluded.hour_spent,
        hour_ends = case when known.hour_ends > now() then known.hour_ends else excluded.hour_ends end,
        day_spent = case when known.day_ends > now() then known.day_spent else 0 end + excluded.day_spent,
        day_ends = case when known.day_ends > now() then known.day_ends else excluded.day_ends end
    `.execute(this.#db);
  }

  /** What an answer to a write says. It takes the place of the estimate. */
  async told(
    did: string,
    { ok, status, headers }: Pick<Response, "ok" | "status" | "headers">,
  ): Promise<void> {
    const counting = isCounting(headers) || status === 429;
    // Whatever failed without a word of it may be some proxy.
    if (!counting && !ok) return;
    await this.#db
      .updateTable("write_points")
      .set({ limited: counting })
      .where("did", "=", did)
      .where("limited", "is distinct from", counting)
      .execute();
    const told = toldLimit(headers);
    if (told === null) return;
    const ends = new Date(told.resetsAt);
    const spent = Math.max(0, told.limit - told.remaining);
    await this.#db
      .updateTable("write_points")
      .set(
        told.window === "hour"
          ? { hour_limit: told.limit, hour_spent: spent, hour_ends: ends }
          : { day_limit: told.limit, day_spent: spent, day_ends: ends },
      )
      .where("did", "=", did)
      .execute();
  }
}
