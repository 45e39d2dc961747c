import { sql, type Kysely } from "kysely";

/** Writes that go out together, and what is known of how many more a person's PDS will take. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table pds_records add column apart_version integer`,
  `create index intents_of_person on intents ((payload ->> 'did'), created_at) where state = 'open'`,
  `create index intents_of_record on intents ((payload ->> 'recordId')) where state = 'open'`,
  `create table write_points (
    did text primary key,
    limited boolean,
    hour_limit integer not null,
    hour_spent integer not null,
    hour_ends timestamptz not null,
    day_limit integer not null,
    day_spent integer not null,
    day_ends timestamptz not null
  )`,
  `create table syncs (
    did text primary key references people(did) on delete cascade,
    state text not null check (state in ('running', 'waiting', 'done', 'failed')),
    reason text,
    looked integer not null default 0,
    differed integer not null default 0,
    deferrals integer not null default 0,
    began_at timestamptz not null default now(),
    at timestamptz not null
  )`,
];
