import { sql, type Kysely } from "kysely";

/** Exports of an artist's music. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

// Sizes are double precision for the reason that is given in 0003.
const statements = [
  `create table exports (
    id uuid primary key,
    did text not null references people(did),
    status text not null default 'waiting'
      check (status in ('waiting', 'running', 'done', 'failed', 'cancelled', 'expired', 'removed')),
    reason text,
    processed_count integer not null default 0,
    total_count integer not null,
    processed_bytes double precision not null default 0,
    total_bytes double precision not null,
    file_key text,
    size double precision,
    manifest jsonb,
    deferrals integer not null default 0,
    created_at timestamptz not null default now(),
    ended_at timestamptz,
    expires_at timestamptz
  )`,
  // A person has one living export.
  `create unique index exports_living on exports (did) where status in ('waiting', 'running')`,
  `create index exports_by_person on exports (did, created_at)`,
  `create index exports_to_expire on exports (expires_at) where status = 'done'`,
  `create index exports_to_clear on exports (ended_at) where file_key is not null`,
  `create index tracks_by_artist on tracks (artist_did)`,
];
