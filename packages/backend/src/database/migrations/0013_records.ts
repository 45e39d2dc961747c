import { sql, type Kysely } from "kysely";

/** What the service does, as spans, and the trace in which each open intent was accepted. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table records (
    id bigint generated always as identity primary key,
    start_timestamp timestamptz not null,
    span_name text not null,
    message text not null,
    duration double precision,
    level text not null check (level in ('info', 'warn', 'error')),
    kind text not null,
    trace_id text not null,
    span_id text not null unique,
    parent_span_id text,
    did text references people(did) on delete cascade,
    attributes jsonb not null
  )`,
  `create index records_by_time on records (start_timestamp)`,
  `create index records_by_person on records (did) where did is not null`,
  `create index records_by_trace on records (trace_id)`,
  `alter table intents add column traceparent text`,
];
