import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { AtpAgent } from "@atproto/api";
import { startRedis, until, xrpc, type Redis } from "@plyr/dev";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { adoption, type Adoption } from "../../src/adoption/adoption.js";
import { auditing, type Auditing } from "../audit/auditing.js";
import { command } from "../cli/commanding.js";
import { NAMESPACE, runService, type RunningService } from "../http/running-service.js";
import { setListsStage, type ListsStage } from "../lists/stage.js";
import { makeAudio } from "../tracks/audio.js";
import { collections } from "../tracks/stage.js";

const run = promisify(execFile);

let folder: string;
let redis: Redis;
let stage: ListsStage;
let ours: Auditing;
let service: RunningService;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plyr-backup-"));
  redis = await startRedis();
  env = {
    DOCKET_URL: redis.url,
    DATA_DIR: folder,
    STORAGE_DIR: join(folder, "storage"),
    SESSION_KEY: randomBytes(32).toString("base64"),
  };
  stage = await setListsStage(env);
  service = stage.service;
  ours = auditing(stage, redis.url, await makeAudio("mp3", 1));
});
afterAll(async () => {
  await service.stop();
  await stage[Symbol.asyncDispose]();
  await redis.close();
  await rm(folder, { recursive: true });
});

/** Every record of both people, and its CID. */
async function repositories(): Promise<Record<string, string>> {
  const past = new AtpAgent({ service: stage.pds.listenUrl });
  const found: Record<string, string> = {};
  for (const { account } of [stage.artist, stage.listener]) {
    for (const collection of Object.values({ ...collections })) {
      const { data } = await past.com.atproto.repo.listRecords({ repo: account.did, collection, limit: 100 });
      for (const { uri, cid } of data.records) found[uri] = cid;
    }
  }
  return found;
}

/** Resolves when nothing is owed to anybody any more. */
async function settled(): Promise<void> {
  await until(
    "no intent is open",
    async () => {
      const rows = await stage.db.selectFrom("intents").select("id").where("state", "=", "open").execute();
      return rows.length === 0;
    },
    { within: 40_000 },
  );
  await ours.quiet();
}

const listed = z.object({ tracks: z.array(z.object({ id: z.number(), title: z.string() })) });
const albums = z.object({ albums: z.array(z.object({ id: z.number(), title: z.string() })) });
const liked = z.object({ liked: z.boolean() });

/** What the service shows of these tracks. */
async function shown(trackIds: readonly number[]) {
  const { browser } = stage.listener;
  const { tracks } = listed.parse((await browser.get("/tracks")).json());
  return {
    tracks: tracks.map(({ id, title }) => ({ id, title })).toSorted((a, b) => a.id - b.id),
    likes: await Promise.all(
      trackIds.map(async (id) => liked.parse((await browser.get(`/tracks/${String(id)}/like`)).json()).liked),
    ),
    comments: await Promise.all(
      trackIds.map(async (id) => (await ours.commentsOn(id)).map(({ text }) => text).toSorted()),
    ),
    // Their ids are in no record, so they are others afterwards.
    albums: await Promise.all(
      albums.parse((await browser.get("/albums")).json()).albums.map(async ({ id, title }) => ({
        title,
        tracks: (await stage.album(id)).tracks.map((on) => on.id),
      })),
    ),
  };
}

/** As the guide says: stopped, the database as it was, an empty Redis, what is newer in repositories, started again. */
async function restore(dump: string): Promise<{ code: number; found: Adoption[] }> {
  await service.stop();
  await run("pg_restore", [
    "--clean",
    "--if-exists",
    "--no-owner",
    "--exit-on-error",
    `--dbname=${stage.databaseUrl}`,
    dump,
  ]);
  await redis.flush();
  return adoptAll();
}

async function adoptAll(): Promise<{ code: number; found: Adoption[] }> {
  const { code, stdout, stderr } = await command(
    {
      ...env,
      ...{ PLYR_ENV: "development", DATABASE_URL: stage.databaseUrl, COLLECTION_NAMESPACE: NAMESPACE },
      ...{ PLC_URL: stage.pds.plcUrl, PUBLIC_URL: stage.service.url },
    },
    ...["adopt", "--json"],
  );
  expect(stderr).toBe("");
  const lines = stdout.split("\n").filter((line) => line !== "");
  return { code, found: lines.map((line) => adoption.parse(JSON.parse(line))) };
}

test("after an older database what people's repositories have newer is here again, and not one record there has changed", async () => {
  const { listener } = stage;
  const say = async (path: string, body: object) =>
    expect((await listener.browser.send("PATCH", path, { body })).status).toBe(200);
  const old = await stage.publish("Old");
  const dropped = await stage.publish("Dropped");
  const held = await stage.publish("Held");
  const album = await stage.newAlbum("First");
  expect(await stage.ask("POST", `/albums/${String(album.id)}/tracks`, { track_id: old.id })).toBe(200);
  await ours.like(old.id);
  await ours.like(dropped.id);
  const remark = await ours.comment(old.id, "as I first said");
  const other = await ours.comment(old.id, "and another thing");
  await settled();
  // These are open when the copy is made.
  const rule = stage.gate.answer(xrpc("com.atproto.repo.putRecord"), {
    status: 429,
    headers: { "retry-after": "2" },
  });
  await say(`/tracks/comments/${String(other.id)}`, { text: "not written yet" });
  await listener.browser.post(`/tracks/${String(held.id)}/like`);
  await until("both are put off", async () => (await ours.audit()).findings.length >= 2);

  const dump = join(folder, "plyr.dump");
  await run("pg_dump", ["--format=custom", `--file=${dump}`, stage.databaseUrl]);

  // All of this is newer than the copy.
  rule.remove();
  await settled();
  await say(`/tracks/comments/${String(other.id)}`, { text: "written at last" });
  const passing = await stage.publish("Passing");
  const fresh = await stage.publish("Fresh", album.id);
  expect(await stage.ask("DELETE", `/tracks/${String(passing.id)}`)).toBe(200);
  expect(await stage.ask("PATCH", `/tracks/${String(old.id)}`, { title: "Old, renamed" })).toBe(200);
  expect(await stage.ask("DELETE", `/tracks/${String(dropped.id)}`)).toBe(200);
  expect(await stage.ask("PATCH", `/albums/${String(album.id)}`, { title: "First, renamed" })).toBe(200);
  expect(
    await stage.ask("POST", `/albums/${String(album.id)}/finalize`, { track_ids: [fresh.id, old.id] }),
  ).toBe(200);
  await stage.newAlbum("Second");
  await listener.browser.delete(`/tracks/${String(old.id)}/like`);
  await ours.like(fresh.id);
  // The first that they like, so their list is new as well.
  await stage.artist.browser.post(`/tracks/${String(old.id)}/like`);
  await ours.comment(fresh.id, "fresh indeed");
  await say(`/tracks/comments/${String(remark.id)}`, { text: "as I said then" });
  await settled();
  const [there, here] = [await repositories(), await shown([old.id, held.id, fresh.id])];

  const { code, found } = await restore(dump);
  expect(found.filter(({ outcome }) => outcome === "left" || outcome === "not read")).toEqual([]);
  expect(code).toBe(0);
  expect(await repositories()).toEqual(there);

  service = await runService({
    databaseUrl: stage.databaseUrl,
    pds: stage.pds,
    env: { ...env, PORT: new URL(stage.service.url).port },
  });
  await settled();
  expect(await shown([old.id, held.id, fresh.id])).toEqual(here);
  expect(await repositories()).toEqual(there);
  // It is heard from its artist's PDS: which of our files it was isn't known any more.
  const audio = await fetch(`${stage.service.url}/tracks/${String(fresh.id)}/audio`);
  expect([audio.status, audio.redirected]).toEqual([200, true]);
  // A later track takes nobody's id.
  expect((await stage.publish("Later")).id).toBeGreaterThan(fresh.id);
}, 120_000);

test("what nothing here can stand for is named, and left as it is", async () => {
  const listener = await ours.elsewhere(stage.listener);
  const repo = stage.listener.account.did;
  const track = await stage.publish("Liked twice");
  await ours.like(track.id);
  await settled();
  const createdAt = new Date().toISOString();
  const cid = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";
  const unknown = { uri: `at://${repo}/${collections.track}/unknown`, cid };
  const put = async (collection: string, rkey: string, content: object) => {
    const record = { $type: collection, createdAt, ...content };
    await listener.com.atproto.repo.putRecord({ repo, collection, rkey, record });
    return `at://${repo}/${collection}/${rkey}`;
  };
  const own = `${stage.service.url}/tracks/77/audio`;
  const expected = {
    [await put(collections.like, "again", { subject: { uri: track.uri, cid } })]: "another like of theirs",
    [await put(collections.like, "unknown", { subject: unknown })]: "the track that it likes is not known",
    [await put(collections.comment, "unknown", { subject: unknown, text: "hm", timestampMs: 0 })]:
      "the track that it is",
    [await put(collections.comment, "broken", { subject: unknown })]: "is not what its lexicon says",
    [await put(collections.list, "playlist", { listType: "playlist", items: [] })]: "lists of type playlist",
    [await put(collections.list, "liked", { listType: "liked", items: [] })]: "they have another list",
    [await put(collections.track, "silent", { title: "x", artist: "x", fileType: "mp3", audioUrl: own })]:
      "it has to be uploaded again",
  };
  const before = await repositories();
  const { code, found } = await adoptAll();
  expect(code).toBe(1);
  expect(found.map(({ outcome, uri }) => `${outcome} ${uri ?? ""}`).toSorted()).toEqual(
    Object.keys(expected)
      .map((uri) => `left ${uri}`)
      .toSorted(),
  );
  for (const { uri, why } of found) expect(why).toContain(expected[uri ?? ""]);
  expect(await repositories()).toEqual(before);
});

test("of somebody whose account here is being deleted nothing is taken over, and others are all the same", async () => {
  const did = stage.listener.account.did;
  const leave = (at: Date | null) =>
    stage.db.updateTable("people").set({ leaving_at: at }).where("did", "=", did).execute();
  await leave(new Date());
  try {
    const { code, found } = await adoptAll();
    const [of, others] = [found.filter((each) => each.did === did), found.filter((each) => each.did !== did)];
    expect([code, of.map(({ outcome, uri }) => [outcome, uri])]).toEqual([1, [["left", null]]]);
    expect(others).toEqual([]);
  } finally {
    await leave(null);
  }
});
