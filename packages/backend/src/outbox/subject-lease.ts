import { randomUUID } from "node:crypto";
import type { Log } from "@plyr/docket";
import { sql, type Kysely } from "kysely";
import type { Json, Schema } from "../database/schema.js";
import { LeaseRenewal, leaseTimes, type LeaseTimes } from "./lease-renewal.js";

/** The right to work on a subject, for as long as `signal` is not aborted. */
export interface Lease {
  readonly subject: string;
  /** Fences what is written under this lease: it stands in the database for as long as nobody else took over. */
  readonly token: string;
  /** Aborted as soon as somebody else may have the subject. */
  readonly signal: AbortSignal;
  /** Stops renewing. The row is left to whoever ends the run. */
  stop(): void;
}

/** What came of asking for the lease of an intent's subject. */
export type Taken =
  | {
      readonly outcome: "taken";
      readonly lease: Lease;
      readonly payload: Json;
      /** Milliseconds. */ readonly age: number;
    }
  /** `remaining`: milliseconds until the holder's lease runs out, unless it is renewed. */
  | { readonly outcome: "held"; readonly subject: string; readonly remaining: number }
  /** The intent has been carried out. */
  | { readonly outcome: "no intent" };

/**
 * Takes the lease of an intent's subject, for which everybody who runs tasks asks, whichever queue gave them the
 * task: one subject, one run, across processes. One statement, by the database's clock.
 */
export async function takeLease(
  db: Kysely<Schema>,
  intentId: string,
  log: Log,
  times: LeaseTimes = leaseTimes,
): Promise<Taken> {
  const token = randomUUID();
  const asked = performance.now();
  const { rows } = await sql<{ subject: string; payload: Json; age: number }>`
    insert into subject_leases as lease (subject, token, until)
    select subject, ${token}::uuid, now() + ${times.length}::float8 * interval '1 millisecond'
    from intents where id = ${intentId}::uuid
    on conflict (subject) do update set token = excluded.token, until = excluded.until where lease.until < now()
    returning lease.subject,
      (select payload from intents where id = ${intentId}::uuid) as payload,
      (select extract(epoch from now() - created_at)::float8 * 1000 from intents where id = ${intentId}::uuid) as age
  `.execute(db);
  const [row] = rows;
  if (row === undefined) return heldBy(db, intentId);
  const [lease] = renewed(db, [row.subject], token, log, times, asked);
  if (lease === undefined) throw new Error("a lease without a subject");
  return { outcome: "taken", lease, payload: row.payload, age: row.age };
}

async function heldBy(db: Kysely<Schema>, intentId: string): Promise<Taken> {
  const row = await db
    .selectFrom("intents")
    .leftJoin("subject_leases", "subject_leases.subject", "intents.subject")
    .select("intents.subject")
    .select(
      sql<number>`coalesce(greatest(0, extract(epoch from subject_leases.until - now()) * 1000), 0)::float8`.as(
        "remaining",
      ),
    )
    .where("intents.id", "=", intentId)
    .executeTakeFirst();
  return row === undefined ? { outcome: "no intent" } : { outcome: "held", ...row };
}

/** Gives a lease back. @returns false when somebody else has had it in the meantime */
export async function releaseLease(
  db: Kysely<Schema>,
  lease: Pick<Lease, "subject" | "token">,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom("subject_leases")
    .where("subject", "=", lease.subject)
    .where("token", "=", lease.token)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/**
 * Takes the leases of those of these subjects that nobody has, for work on all of them together. They are renewed
 * together, and lost together.
 */
export async function takeLeases(
  db: Kysely<Schema>,
  subjects: readonly string[],
  log: Log,
  times: LeaseTimes = leaseTimes,
): Promise<Lease[]> {
  const token = randomUUID();
  const asked = performance.now();
  // In order, so that two who ask for the same ones don't wait for each other.
  const { rows } = await sql<{ subject: string }>`
    insert into subject_leases as lease (subject, token, until)
    select subject, ${token}::uuid, now() + ${times.length}::float8 * interval '1 millisecond'
    from jsonb_array_elements_text(${JSON.stringify(subjects)}::jsonb) as wanted (subject) order by subject
    on conflict (subject) do update set token = excluded.token, until = excluded.until where lease.until < now()
    returning lease.subject
  `.execute(db);
  const taken = rows.map(({ subject }) => subject);
  return renewed(db, taken, token, log, times, asked);
}

/** Gives leases back that were taken together. */
export async function releaseLeases(db: Kysely<Schema>, leases: readonly Lease[]): Promise<void> {
  for (const [token, group] of Map.groupBy(leases, (lease) => lease.token)) {
    for (const lease of group) lease.stop();
    await db
      .deleteFrom("subject_leases")
      .where(
        "subject",
        "in",
        group.map(({ subject }) => subject),
      )
      .where("token", "=", token)
      .execute();
  }
}

function renewed(
  db: Kysely<Schema>,
  subjects: readonly string[],
  token: string,
  log: Log,
  times: LeaseTimes,
  asked: number,
): Lease[] {
  if (subjects.length === 0) return [];
  const [first = "", ...others] = subjects;
  const name = others.length === 0 ? first : `${first} and ${String(others.length)} more`;
  const renewal = new LeaseRenewal({
    name,
    log,
    times,
    asked,
    renew: async () => {
      const { numUpdatedRows } = await db
        .updateTable("subject_leases")
        .set({ until: sql<Date>`now() + ${times.length}::float8 * interval '1 millisecond'` })
        .where("subject", "in", subjects)
        .where("token", "=", token)
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows) === subjects.length;
    },
  });
  return subjects.map((subject) => ({
    subject,
    token,
    signal: renewal.signal,
    stop: () => {
      renewal.stop();
    },
  }));
}
