import { sql, type Kysely } from "kysely";

/** Comments, and what is known of writes whose answers never came. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table pds_records
    add column sent_at timestamptz,
    add column sent_version integer,
    add check ((sent_at is null) = (sent_version is null))`,
  `create table comments (
    id integer generated always as identity primary key,
    did text not null references people(did) on delete cascade,
    track_id integer not null references tracks(id),
    record_id uuid not null unique references pds_records(id),
    text text not null,
    timestamp_ms integer not null check (timestamp_ms >= 0),
    created_at timestamptz not null,
    updated_at timestamptz,
    deleted_at timestamptz
  )`,
  `create index comments_by_track on comments (track_id, did)`,
];
