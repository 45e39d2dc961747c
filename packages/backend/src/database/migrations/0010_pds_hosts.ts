import { sql, type Kysely } from "kysely";

/** Which PDS a person is on, and which hosts and persons nothing is sent to for now. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table pds_homes (
    did text primary key,
    host text not null
  )`,
  `create index pds_homes_by_host on pds_homes (host)`,
  `create table pds_holds (
    scope text not null check (scope in ('person', 'host', 'uploads')),
    name text not null,
    cause text not null check (cause in ('limit', 'account', 'away', 'over')),
    until timestamptz not null,
    tries integer not null default 0,
    reason text not null,
    since timestamptz not null default now(),
    primary key (scope, name)
  )`,
  `create index intents_by_person on intents ((payload ->> 'did')) where state = 'open'`,
];
