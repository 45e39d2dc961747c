import { sql, type Kysely } from "kysely";

/** People, their grants, the records that we own for them, and the outbox. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table people (
    did text primary key,
    handle text not null,
    display_name text,
    created_at timestamptz not null default now()
  )`,
  `create table oauth_grants (
    did text primary key,
    sealed text not null,
    scope text not null,
    lost_at timestamptz,
    lost_reason text,
    updated_at timestamptz not null default now()
  )`,
  `create table oauth_states (
    key text primary key,
    sealed text not null,
    created_at timestamptz not null default now()
  )`,
  `create table browser_sessions (
    token_hash text primary key,
    did text not null references people(did) on delete cascade,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
  )`,
  `create table pds_records (
    id uuid primary key default gen_random_uuid(),
    did text not null,
    collection text not null,
    rkey text not null,
    wish jsonb,
    wish_version integer not null default 1,
    confirmed_version integer not null default 0,
    confirmed_cid text,
    may_exist boolean not null default false,
    state text not null default 'writing'
      check (state in ('writing', 'waiting', 'needs-sign-in', 'confirmed', 'failed')),
    reason text,
    state_since timestamptz not null default now(),
    deferrals integer not null default 0,
    accepted_at timestamptz not null default now(),
    confirmed_at timestamptz,
    unique (did, collection, rkey),
    check (confirmed_version <= wish_version)
  )`,
  `create index pds_records_unconfirmed on pds_records (did) where confirmed_version < wish_version`,
  `create table tracks (
    id integer generated always as identity primary key,
    artist_did text not null references people(did),
    title text not null,
    file_type text not null,
    duration integer not null,
    audio_url text not null,
    record_id uuid not null unique references pds_records(id),
    created_at timestamptz not null default now()
  )`,
  `create table likes (
    did text not null references people(did) on delete cascade,
    track_id integer not null references tracks(id),
    record_id uuid not null unique references pds_records(id),
    created_at timestamptz not null default now(),
    primary key (did, track_id)
  )`,
  `create index likes_by_track on likes (track_id)`,
  `create table intents (
    id uuid primary key default gen_random_uuid(),
    task text not null,
    payload jsonb not null,
    subject text not null,
    state text not null default 'open' check (state in ('open', 'dead')),
    reason text,
    created_at timestamptz not null default now(),
    check_at timestamptz not null default now()
  )`,
  `create index intents_to_check on intents (check_at) where state = 'open'`,
  `create index intents_by_subject on intents (subject)`,
  `create table subject_leases (
    subject text primary key,
    token uuid not null,
    until timestamptz not null
  )`,
];
