import { freePort, startPostgres, until, type Postgres } from "@plyr/dev";
import { sql, type Kysely } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrateToLatest } from "../../src/database/migrate.js";
import { openDatabase } from "../../src/database/open.js";
import type { Schema } from "../../src/database/schema.js";
import { adoptTrack } from "../../src/tracks/adopt-track.js";
import { listTracks } from "../../src/tracks/list-tracks.js";

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.close());

async function withDatabase(use: (db: Kysely<Schema>, url: string) => Promise<void>): Promise<void> {
  const databaseUrl = await postgres.createDatabase();
  const db = await openDatabase({ databaseUrl, dataDir: "/nowhere" });
  try {
    await use(db, databaseUrl);
  } finally {
    await db.destroy();
  }
}

test("processes that start together migrate once", () =>
  withDatabase(async (db, databaseUrl) => {
    const others = await Promise.all([1, 2, 3].map(() => openDatabase({ databaseUrl, dataDir: "/nowhere" })));
    await Promise.all([db, ...others].map(migrateToLatest));
    await Promise.all(others.map((other) => other.destroy()));
    expect(await db.selectFrom("tracks").selectAll().execute()).toEqual([]);
  }));

test("what a newer release has done to the tables is left as it is; what is lost in between is not", () =>
  withDatabase(async (db) => {
    await migrateToLatest(db);
    const noteMigration = (name: string) =>
      sql`insert into kysely_migration (name, timestamp) values (${name}, now()::text)`.execute(db);
    await noteMigration("9000_of_a_newer_release");
    await migrateToLatest(db);
    await noteMigration("0008_lost");
    await expect(migrateToLatest(db)).rejects.toThrow("could not be migrated");
  }));

test("a server that is not there is an error at the start", async () => {
  const missing = `${await postgres.createDatabase()}_missing`;
  await expect(openDatabase({ databaseUrl: missing, dataDir: "/nowhere" })).rejects.toThrow(
    /^The database server can't be used \(DATABASE_URL\): .* does not exist$/,
  );
  const away = `postgres://127.0.0.1:${String(await freePort())}/plyr`;
  await expect(openDatabase({ databaseUrl: away, dataDir: "/nowhere" })).rejects.toThrow("ECONNREFUSED");
});

test("a connection that breaks between two statements fails its transaction, and nothing else", async () => {
  const broken: string[] = [];
  const db = await openDatabase({
    databaseUrl: await postgres.createDatabase(),
    dataDir: "/nowhere",
    onBrokenConnection: ({ message }) => broken.push(message),
  });
  const cut = db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(db);
    await until("the loss is noticed", () => broken.length > 0);
    await sql`select 1`.execute(tx);
  });
  await expect(cut).rejects.toThrow("not queryable");
  expect(broken).not.toEqual([]);
  expect((await sql<{ one: number }>`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
  await db.destroy();
});

test("a track is adopted once by its record's address, and updated by adopting it again", () =>
  withDatabase(async (db) => {
    await migrateToLatest(db);
    const track = {
      artist: { did: "did:plc:ana", handle: "ana.test", displayName: "Ana" },
      track: { title: "Rain", fileType: "wav", duration: 12, audioUrl: "https://pds.test/1" },
      record: { collection: "fm.plyr.track", rkey: "3k2a", content: { title: "Rain" }, cid: "bafy1" },
    };
    const first = await adoptTrack(db, track);
    const again = await adoptTrack(db, { ...track, track: { ...track.track, title: "Snow" } });
    expect(again).toEqual(first);
    await adoptTrack(db, { ...track, record: { ...track.record, rkey: "3k2b" } });

    expect(await listTracks(db)).toMatchObject([
      { title: "Rain", uri: "at://did:plc:ana/fm.plyr.track/3k2b", likeCount: 0 },
      { id: first.id, title: "Snow", artist: { handle: "ana.test", displayName: "Ana" } },
    ]);
    expect(await db.selectFrom("pds_records").select(["state", "confirmed_version"]).execute()).toEqual([
      { state: "confirmed", confirmed_version: 1 },
      { state: "confirmed", confirmed_version: 1 },
    ]);
  }));
