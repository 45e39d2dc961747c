import { randomUUID } from "node:crypto";
import type { Log } from "@plyr/docket";
import { sql, type Kysely } from "kysely";
import type { Json, Schema } from "../database/schema.js";

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

/** Durations in milliseconds. */
export interface LeaseTimes {
  /** How long a lease lasts without renewal: after a crash, its subject is free again this much later. */
  readonly length: number;
  /** How often it is renewed. */
  readonly renewal: number;
}

export const leaseTimes: LeaseTimes = { length: 30_000, renewal: 10_000 };

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
  /** The operator keeps it from being carried out. */
  | { readonly outcome: "struck"; readonly because: string }
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
    from intents where id = ${intentId}::uuid and not exists (
      select 1 from strikes where strikes.task = intents.task and intents.payload @> strikes.matching
    )
    on conflict (subject) do update set token = excluded.token, until = excluded.until where lease.until < now()
    returning lease.subject,
      (select payload from intents where id = ${intentId}::uuid) as payload,
      (select extract(epoch from now() - created_at)::float8 * 1000 from intents where id = ${intentId}::uuid) as age
  `.execute(db);
  const [row] = rows;
  if (row === undefined) return whyNot(db, intentId);
  const lease = new RenewedLease(db, row.subject, token, log, times, asked);
  return { outcome: "taken", lease, payload: row.payload, age: row.age };
}

async function whyNot(db: Kysely<Schema>, intentId: string): Promise<Taken> {
  const row = await db
    .selectFrom("intents")
    .leftJoin("subject_leases", "subject_leases.subject", "intents.subject")
    .select("intents.subject")
    .select(
      sql<number>`coalesce(greatest(0, extract(epoch from subject_leases.until - now()) * 1000), 0)::float8`.as(
        "remaining",
      ),
    )
    .select(({ selectFrom }) =>
      selectFrom("strikes")
        .select("because")
        .whereRef("strikes.task", "=", "intents.task")
        .where(sql<boolean>`intents.payload @> strikes.matching`)
        .limit(1)
        .as("struck"),
    )
    .where("intents.id", "=", intentId)
    .executeTakeFirst();
  if (row === undefined) return { outcome: "no intent" };
  const { struck, subject, remaining } = row;
  return struck === null ? { outcome: "held", subject, remaining } : { outcome: "struck", because: struck };
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

class RenewedLease implements Lease {
  readonly subject: string;
  readonly token: string;
  readonly #db: Kysely<Schema>;
  readonly #log: Log;
  readonly #times: LeaseTimes;
  readonly #lost = new AbortController();
  #stopped = false;
  #renewal: NodeJS.Timeout;
  #expiry: NodeJS.Timeout;

  constructor(
    db: Kysely<Schema>,
    subject: string,
    token: string,
    log: Log,
    times: LeaseTimes,
    asked: number,
  ) {
    this.#db = db;
    this.subject = subject;
    this.token = token;
    this.#log = log;
    this.#times = times;
    this.#renewal = this.#renewLater();
    this.#expiry = this.#expireFrom(asked);
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#renewal);
    clearTimeout(this.#expiry);
  }

  #renewLater(): NodeJS.Timeout {
    return setTimeout(() => void this.#renew(), this.#times.renewal);
  }

  /** Counted from before the question left, so never later than the database's own end. */
  #expireFrom(asked: number): NodeJS.Timeout {
    const left = this.#times.length - (performance.now() - asked);
    return setTimeout(() => {
      this.#lose("it could not be renewed in time");
    }, left);
  }

  async #renew(): Promise<void> {
    const asked = performance.now();
    try {
      const { numUpdatedRows } = await this.#db
        .updateTable("subject_leases")
        .set({ until: sql<Date>`now() + ${this.#times.length}::float8 * interval '1 millisecond'` })
        .where("subject", "=", this.subject)
        .where("token", "=", this.token)
        .executeTakeFirstOrThrow();
      if (this.#stopped) return;
      if (numUpdatedRows === 0n) {
        this.#lose("somebody else has it");
        return;
      }
      clearTimeout(this.#expiry);
      this.#expiry = this.#expireFrom(asked);
    } catch (err) {
      // Not the end: the lease still holds, and the next renewal comes well before it runs out.
      this.#log.warn({ err, subject: this.subject }, "a subject's lease could not be renewed; trying again");
    }
    if (!this.#stopped) this.#renewal = this.#renewLater();
  }

  #lose(why: string): void {
    this.stop();
    this.#lost.abort(new Error(`the lease of ${this.subject} is lost: ${why}`));
  }
}
