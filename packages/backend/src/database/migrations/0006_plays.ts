import { sql, type Kysely } from "kysely";

/** Plays, how often each track was played, and who wants their plays scrobbled. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table preferences (
    did text primary key references people(did) on delete cascade,
    scrobble boolean not null default false
  )`,
  // Of each listener and track the newest play alone: the others have been counted.
  `create table plays (
    listener text not null,
    track_id integer not null references tracks(id) on delete cascade,
    did text references people(did) on delete cascade,
    id uuid not null unique,
    started_at timestamptz not null,
    heard_at timestamptz,
    record_id uuid references pds_records(id) on delete set null,
    primary key (listener, track_id)
  )`,
  `create index plays_of_visitors on plays (started_at) where did is null`,
  `create index plays_by_person on plays (did) where did is not null`,
  // Not a column of tracks: whoever counts a play must not wait for whoever changes the track.
  `create table play_counts (
    track_id integer primary key references tracks(id) on delete cascade,
    plays integer not null
  )`,
  `alter table pds_records add column shared boolean not null default false`,
];
