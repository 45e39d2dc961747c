import { sql, type Kysely } from "kysely";
import type { HoldCause, HoldScope } from "../database/pacing-tables.js";
import type { Schema } from "../database/schema.js";

/** What is held, until when, and why. */
export interface Hold {
  readonly scope: HoldScope;
  readonly name: string;
  readonly cause: HoldCause;
  /** By the database's clock. */
  readonly until: Date;
  /** Milliseconds until then, when it was read; negative when that has passed. */
  readonly remaining: number;
  readonly tries: number;
  /** In words for the owner of a record that waits. */
  readonly reason: string;
  readonly since: Date;
}

const columns = sql`scope, name, cause, until, tries, reason, since,
  (extract(epoch from until - now()) * 1000)::float8 as remaining`;

/**
 * What a call for a person is for. A `read` is made whether or not the host is away, and says nothing of that: who reads
 * doesn't wait, and tries again by itself. Limits hold it, too.
 */
export type Use = "record" | "upload" | "read";

export interface Standing {
  /** The person's PDS; their DID when it isn't known. */
  readonly host: string;
  readonly holds: readonly Hold[];
}

/** Where a person's PDS is, and every hold that is on a call for them. One statement. */
export async function standingOf(db: Kysely<Schema>, did: string, use: Use): Promise<Standing> {
  const { rows } = await sql<{ host: string } & (Hold | { scope: null })>`
    select home.host, hold.* from
      (select coalesce((select host from pds_homes where did = ${did}), ${did}) as host) as home
    left join lateral (
      select ${columns} from pds_holds where (scope = 'person' and name = ${did})
        or (scope = 'host' and name = home.host) or (scope = 'uploads' and name = home.host and ${use} = 'upload')
    ) as hold on hold.cause <> 'over'
  `.execute(db);
  return { host: rows[0]?.host ?? did, holds: rows.flatMap((row) => (row.scope === null ? [] : [row])) };
}

/** Notes where a person's PDS is. */
export async function rememberHome(db: Kysely<Schema>, did: string, host: string): Promise<void> {
  await db
    .insertInto("pds_homes")
    .values({ did, host })
    .onConflict((conflict) => conflict.column("did").doUpdateSet({ host }))
    .execute();
}

/** What was found out, to be held against a person or a host. */
export interface Finding {
  readonly scope: HoldScope;
  readonly name: string;
  readonly cause: Exclude<HoldCause, "over">;
  /** Milliseconds. */
  readonly pause: number;
  /** `away` only: how many tries in a row have found it so. */
  readonly tries: number;
  /** Why, in words; when it goes on is added. */
  readonly reason: string;
}

/**
 * Places a hold, or prolongs it. One that is on already for longer stays as it is: of many calls that fail together, one
 * decides.
 *
 * @returns the hold as it stands now, and whether this changed it
 */
export async function placeHold(
  db: Kysely<Schema>,
  { scope, name, cause, pause, tries, reason }: Finding,
): Promise<{ hold: Hold; placed: boolean }> {
  const until = sql`now() + ${pause}::float8 * interval '1 millisecond'`;
  const ends = sql`to_char((${until}) at time zone 'UTC', case when ${pause}::float8 < 43200000
    then 'HH24:MI:SS' else 'YYYY-MM-DD HH24:MI' end)`;
  const { rows } = await sql<Hold>`
    insert into pds_holds (scope, name, cause, until, tries, reason)
    values (${scope}, ${name}, ${cause}, ${until}, ${tries}, ${reason} || ' Trying again at ' || ${ends} || ' UTC.')
    on conflict (scope, name) do update set cause = excluded.cause, until = excluded.until,
      tries = excluded.tries, reason = excluded.reason,
      since = case when pds_holds.cause = excluded.cause then pds_holds.since else now() end
    where pds_holds.cause = 'over' or pds_holds.until <= now()
      or (pds_holds.cause = 'away' and (excluded.cause <> 'away' or excluded.tries > pds_holds.tries))
      or (excluded.cause <> 'away' and pds_holds.until < excluded.until)
    returning ${columns}
  `.execute(db);
  const [hold] = rows;
  if (hold !== undefined) return { hold, placed: true };
  const standing = await readHold(db, scope, name);
  // Taken away in between: what failed is simply tried again.
  return standing === undefined
    ? placeHold(db, { scope, name, cause, pause, tries, reason })
    : { hold: standing, placed: false };
}

async function readHold(db: Kysely<Schema>, scope: HoldScope, name: string): Promise<Hold | undefined> {
  const { rows } = await sql<Hold>`
    select ${columns} from pds_holds where scope = ${scope} and name = ${name}
  `.execute(db);
  return rows[0];
}

/** Whether a person or a host is still held, for whatever cause. */
export async function isOn(db: Kysely<Schema>, { scope, name }: Hold): Promise<boolean> {
  const hold = await readHold(db, scope, name);
  return hold !== undefined && hold.cause !== "over";
}

/**
 * Takes the next try of a host that is away. Of all that ask, in whatever process, one gets it.
 *
 * @param limit milliseconds after which another may try, when nothing has been heard of this one
 */
export async function takeTrial(db: Kysely<Schema>, host: string, limit: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("pds_holds")
    .set({ until: sql<Date>`now() + ${limit}::float8 * interval '1 millisecond'` })
    .where("scope", "=", "host")
    .where("name", "=", host)
    .where("cause", "=", "away")
    .where("until", "<=", sql<Date>`now()`)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Gives a try back that came to nothing: the next may try at once. */
export async function returnTrial(db: Kysely<Schema>, host: string): Promise<void> {
  await db
    .updateTable("pds_holds")
    .set({ until: sql<Date>`now()` })
    .where("scope", "=", "host")
    .where("name", "=", host)
    .where("cause", "=", "away")
    .execute();
}

/** How often all is let go on that a hold has kept: who was about to wait when it was told first hears it the second time. */
const PASSES = 2;

/** The host answers again. @returns whether it had been away */
export async function endAway(db: Kysely<Schema>, host: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("pds_holds")
    .set({ cause: "over", until: sql<Date>`now()`, tries: PASSES })
    .where("scope", "=", "host")
    .where("name", "=", host)
    .where("cause", "=", "away")
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Hosts that are away and whose time to be tried has come. */
export async function dueForTrial(db: Kysely<Schema>, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom("pds_holds")
    .select("name")
    .where("scope", "=", "host")
    .where("cause", "=", "away")
    .where("until", "<=", sql<Date>`now()`)
    .orderBy("until")
    .limit(limit)
    .execute();
  return rows.map(({ name }) => name);
}

/**
 * Holds whose time is over, each given to one caller only, and once more to another (or the same) after `pause`
 * milliseconds, whether the first has died or not. They hold nothing any more; `tries` counts what is left of that.
 */
export async function claimOver(db: Kysely<Schema>, pause: number): Promise<Hold[]> {
  const { rows } = await sql<Hold>`
    update pds_holds set cause = 'over', until = now() + ${pause}::float8 * interval '1 millisecond',
      tries = case when cause = 'over' then tries else ${PASSES} end - 1
    where cause <> 'away' and until <= now()
    returning ${columns}
  `.execute(db);
  return rows;
}

/** Forgets a hold that is over, unless it has been placed anew. */
export async function forgetHold(db: Kysely<Schema>, { scope, name }: Hold): Promise<void> {
  await db
    .deleteFrom("pds_holds")
    .where("scope", "=", scope)
    .where("name", "=", name)
    .where("cause", "=", "over")
    .execute();
}

/** The hosts that nothing is sent to for now, for the operator. At most 50 of them. */
export async function hostsOnHold(
  db: Kysely<Schema>,
): Promise<{ readonly away: readonly string[]; readonly slowed: readonly string[] }> {
  const rows = await db
    .selectFrom("pds_holds")
    .select(["name", "cause"])
    .where("scope", "=", "host")
    .where("cause", "!=", "over")
    .orderBy("since")
    .limit(50)
    .execute();
  const of = (away: boolean): string[] =>
    rows.filter(({ cause }) => (cause === "away") === away).map(({ name }) => name);
  return { away: of(true), slowed: of(false) };
}
