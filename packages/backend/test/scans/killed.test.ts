import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAudd, startPostgres, startRedis, until } from "@plyr/dev";
import { expect, test } from "vitest";
import { migrateToLatest } from "../../src/database/migrate.js";
import { openDatabase } from "../../src/database/open.js";
import { collectionsOf } from "../../src/records/collections.js";
import { adoptTrack } from "../../src/tracks/adopt-track.js";
import { NAMESPACE, serve } from "../promise/serving.js";
import { makeAudio } from "../tracks/audio.js";

const DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
const CID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";

test("a worker killed while AuDD listens: the call is not made again, and a person is to look", async () => {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "plyr-killed-scan-"));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const audd = stack.use(await startAudd());
  const redis = stack.use(await startRedis());
  const databaseUrl = await stack.use(await startPostgres()).createDatabase();
  const db = await openDatabase({ databaseUrl, dataDir });
  stack.defer(() => db.destroy());
  await migrateToLatest(db);
  const { id: trackId } = await adoptTrack(db, {
    artist: { did: DID, handle: "artist.test", displayName: null },
    track: { title: "A track", fileType: "mp3", duration: 2, audioUrl: "http://127.0.0.1:9/audio" },
    record: { collection: collectionsOf(NAMESPACE).track, rkey: "track1", content: { title: "x" }, cid: CID },
  });
  const audio = await makeAudio("mp3", 2);
  await mkdir(join(dataDir, "storage/audio"), { recursive: true });
  await writeFile(join(dataDir, "storage/audio/one"), audio);
  await db
    .updateTable("tracks")
    .set({ file_key: "audio/one", size: audio.length, mime_type: "audio/mpeg" })
    .execute();
  await db.insertInto("copyright_scans").values({ track_id: trackId, artist_did: DID }).execute();
  await db
    .insertInto("intents")
    .values({ task: "copyright.scan", payload: JSON.stringify({ trackId }), subject: "copyright.scan" })
    .execute();

  const around = {
    ...{ pds: { url: "http://127.0.0.1:9", plcUrl: "http://127.0.0.1:9" }, dataDir, databaseUrl },
    docketUrl: redis.url,
    env: { AUDD_TOKEN: "a-token", AUDD_URL: audd.url },
  };
  const arrived = Promise.withResolvers<undefined>();
  audd.script({
    kind: "held",
    arrived: () => {
      arrived.resolve(undefined);
    },
  });
  const first = await serve(around);
  stack.defer(() => first.program.close());
  await arrived.promise;
  await first.program.kill();

  const second = await serve(around);
  stack.defer(() => second.program.close());
  const scan = await until(
    "the scan is settled",
    () => db.selectFrom("copyright_scans").selectAll().where("settled_at", "is not", null).executeTakeFirst(),
    { within: 90_000, every: 200 },
  );
  expect(scan).toMatchObject({ state: "review", response: null });
  expect(audd.billed()).toBe(1);
  const docket = await second.health();
  expect(docket.docket.mode).toBe("docket");
}, 150_000);
