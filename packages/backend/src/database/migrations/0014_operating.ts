import { sql, type Kysely } from "kysely";

/** What operators strike, pause and do. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table strikes (
    task text not null,
    matching jsonb not null default '{}',
    because text not null,
    since timestamptz not null default now(),
    primary key (task, matching)
  )`,
  `create table operator_actions (
    id integer primary key generated always as identity,
    at timestamptz not null default now(),
    who text not null,
    command text not null,
    arguments jsonb not null,
    outcome text not null
  )`,
  `alter table pds_holds drop constraint pds_holds_cause_check`,
  `alter table pds_holds add constraint pds_holds_cause_check
    check (cause in ('limit', 'account', 'away', 'operator', 'over'))`,
];
