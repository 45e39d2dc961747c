import { sql, type Kysely } from "kysely";

/** Albums, and each person's list of what they like. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table lists (
    id integer generated always as identity primary key,
    did text not null references people(did) on delete cascade,
    kind text not null check (kind in ('album', 'liked')),
    title text not null,
    description text,
    slug text not null,
    record_id uuid not null unique references pds_records(id),
    created_at timestamptz not null,
    deleted_at timestamptz,
    changing_since timestamptz,
    changed_at timestamptz,
    owed boolean not null default false,
    check ((changing_since is null) = (changed_at is null))
  )`,
  `create unique index albums_by_slug on lists (did, slug) where kind = 'album' and deleted_at is null`,
  `create unique index one_liked_list on lists (did) where kind = 'liked'`,
  // A track is on one album at most: its own record names that album.
  `create table album_tracks (
    track_id integer primary key references tracks(id) on delete cascade,
    album_id integer not null references lists(id) on delete cascade,
    position integer not null
  )`,
  `create index album_tracks_by_album on album_tracks (album_id, position)`,
];
