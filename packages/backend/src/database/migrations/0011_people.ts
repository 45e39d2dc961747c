import { sql, type Kysely } from "kysely";

/** Developer tokens, people who leave, and what a PDS has while something else is wished. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table developer_tokens (
    id uuid primary key default gen_random_uuid(),
    did text not null references people(did) on delete cascade,
    name text not null,
    token_hash text not null unique,
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    expires_at timestamptz not null
  )`,
  `create index developer_tokens_by_person on developer_tokens (did)`,
  `alter table people add column leaving_at timestamptz`,
  `create table departures (
    did text primary key references people(did) on delete cascade,
    ticket uuid not null unique default gen_random_uuid(),
    records text not null check (records in ('keep', 'remove')),
    note text,
    created_at timestamptz not null default now()
  )`,
  `alter table pds_records add column confirmed_wish jsonb`,
  `create index if not exists intents_by_record on intents ((payload ->> 'recordId'))`,
];
