import { sql, type Kysely } from "kysely";

/** Uploaded audio on its way to being a track, and records that wait for another one's CID. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

// Sizes are double precision: exact far beyond any file, and a number in JavaScript, which a bigint is not.
const statements = [
  `alter table tracks
    add column description text,
    add column file_key text,
    add column mime_type text,
    add column size double precision,
    add column blob jsonb,
    add column blob_refused text,
    add column deleted_at timestamptz`,
  `create table uploads (
    id uuid primary key,
    did text not null references people(did) on delete cascade,
    track_id integer references tracks(id) on delete set null,
    file_key text,
    title text not null default '',
    phase text not null default 'receiving'
      check (phase in ('receiving', 'checking', 'sending', 'writing', 'done', 'failed')),
    reason text,
    received double precision not null default 0,
    sent double precision not null default 0,
    created_at timestamptz not null default now(),
    touched_at timestamptz not null default now()
  )`,
  `create index uploads_to_reap on uploads (touched_at) where file_key is not null`,
  `create index uploads_by_person on uploads (did, created_at)`,
  `create index uploads_by_track on uploads (track_id)`,
  `alter table pds_records add column awaits uuid references pds_records(id)`,
  `create index pds_records_awaiting on pds_records (awaits) where awaits is not null`,
];
