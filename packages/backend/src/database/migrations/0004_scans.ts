import { sql, type Kysely } from "kysely";

/** Copyright scans, what they compare with, and what the operator is told. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table audio_contents (
    id integer generated always as identity primary key,
    sha256 text not null unique,
    seconds double precision not null,
    audible double precision not null,
    fingerprint_kind text not null,
    fingerprint bytea not null,
    added_at timestamptz not null default now()
  )`,
  `create table catalogue (
    id integer generated always as identity primary key,
    content_id integer not null unique references audio_contents(id),
    title text not null,
    artist text not null,
    added_at timestamptz not null default now()
  )`,
  `create table notices (
    id uuid primary key default gen_random_uuid(),
    kind text not null,
    about text not null,
    did text references people(did) on delete cascade,
    facts jsonb not null,
    state text not null default 'waiting' check (state in ('waiting', 'sent', 'kept', 'failed')),
    told text,
    reason text,
    created_at timestamptz not null default now(),
    settled_at timestamptz,
    unique (kind, about)
  )`,
  `create table copyright_scans (
    id integer generated always as identity primary key,
    track_id integer unique references tracks(id) on delete cascade,
    artist_did text not null references people(did) on delete cascade,
    title text,
    content_id integer references audio_contents(id),
    round integer not null default 1,
    state text not null default 'pending' check (state in ('pending', 'clear', 'flagged', 'review', 'failed')),
    reason text,
    matches jsonb not null default '[]',
    compared jsonb,
    response jsonb,
    deferrals integer not null default 0,
    settled_at timestamptz,
    notice_id uuid references notices(id) on delete set null,
    decision text check (decision in ('keep', 'take down')),
    decided_because text,
    decided_at timestamptz,
    created_at timestamptz not null default now()
  )`,
  `create index copyright_scans_by_artist on copyright_scans (artist_did)`,
  `create index copyright_scans_by_content on copyright_scans (content_id)`,
  `create index copyright_scans_to_decide on copyright_scans (id)
    where state in ('flagged', 'review') and decision is null`,
  `create table audd_calls (
    id integer generated always as identity primary key,
    content_id integer not null references audio_contents(id),
    state text not null default 'begun' check (state in ('begun', 'answered', 'not billed', 'let go')),
    begun_at timestamptz not null default now(),
    response jsonb
  )`,
  // At most one call of a content that was, or may have been, billed.
  `create unique index audd_calls_billed on audd_calls (content_id) where state in ('begun', 'answered')`,
  `create index audd_calls_by_day on audd_calls (begun_at)`,
  // What was uploaded before there were scans is scanned now.
  `insert into copyright_scans (track_id, artist_did)
    select id, artist_did from tracks where file_key is not null and deleted_at is null`,
  `insert into intents (task, payload, subject)
    select 'copyright.scan', jsonb_build_object('trackId', track_id), 'copyright.scan' from copyright_scans`,
];
