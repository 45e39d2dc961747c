import { sql, type Kysely } from "kysely";

/** What is sent to Redis, and what the operator was told is wrong. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table redis_commands (
    day text not null,
    process text not null,
    purpose text not null,
    commands bigint not null,
    since timestamptz not null default now(),
    primary key (day, process, purpose)
  )`,
  `create table alerts (
    id uuid primary key default gen_random_uuid(),
    concern text not null,
    severity text not null check (severity in ('error', 'warning')),
    words text not null,
    raised_at timestamptz not null default now(),
    recovered_at timestamptz
  )`,
  // Of many processes that see it, one tells.
  `create unique index alerts_standing on alerts (concern) where recovered_at is null`,
  `create index alerts_over on alerts (recovered_at) where recovered_at is not null`,
];
