import { AtpAgent } from "@atproto/api";
import { until, xrpc, type Passage } from "@plyr/dev";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { setListsStage, type ListsStage, type PublishedTrack } from "../lists/stage.js";
import { collections, type Person } from "../tracks/stage.js";

let stage: ListsStage;
let tracks: PublishedTrack[];
beforeAll(async () => {
  stage = await setListsStage();
  tracks = [];
  for (const title of ["One", "Two", "Three"]) tracks.push(await stage.publish(title));
  await quiet();
});
afterEach(() => {
  stage.gate.clear();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

/** Resolves when nothing is owed to anybody. */
async function quiet(): Promise<void> {
  await until("nothing is owed", async () => (await openIntents()) === 0, { within: 20_000 });
}

async function openIntents(): Promise<number> {
  const open = await stage.db.selectFrom("intents").select("id").where("state", "=", "open").execute();
  return open.length;
}

/** Resolves when all that follows from it is done, too. */
async function signInAgain({ browser, account }: Person): Promise<void> {
  expect((await browser.signIn(account)).status).toBeLessThan(400);
  await quiet();
}

const WRITES = ["putRecord", "createRecord", "deleteRecord", "applyWrites"].map((name) =>
  xrpc(`com.atproto.repo.${name}`),
);
const isWrite = ({ request }: Passage): boolean => WRITES.some((match) => match(request));
const reads = xrpc("com.atproto.repo.listRecords");

async function agentOf({ account }: Person): Promise<AtpAgent> {
  const agent = new AtpAgent({ service: stage.pds.listenUrl });
  await agent.login({ identifier: account.handle, password: account.password });
  return agent;
}

async function profileOf(person: Person) {
  const agent = await agentOf(person);
  const place = { repo: person.account.did, collection: collections.profile, rkey: "self" };
  const { data } = await agent.com.atproto.repo.getRecord(place);
  return z.record(z.string(), z.json()).parse(data.value);
}

async function syncOf({ account }: Person) {
  return stage.db.selectFrom("syncs").selectAll().where("did", "=", account.did).executeTakeFirst();
}

const like = z.object({ liked: z.boolean(), write: z.object({ uri: z.string() }).nullable() });
const likePath = ({ id }: PublishedTrack): string => `/tracks/${String(id)}/like`;
const track = (index: number): PublishedTrack => tracks[index] ?? expect.fail("no such track");

test("a sign-in after which nothing differs writes nothing at all: no list, no like, no profile (incident 16)", async () => {
  const album = await stage.newAlbum("Songs of rain");
  for (const { id } of tracks) await stage.ask("PUT", `/albums/${String(album.id)}/tracks/${String(id)}`);
  for (const one of tracks) await stage.artist.browser.post(likePath(one));
  await quiet();
  const before = await stage.listsOnPds(stage.artist);
  expect(before).toHaveLength(2);
  const from = stage.gate.passages.length;
  await signInAgain(stage.artist);
  await signInAgain(stage.artist);
  const passages = stage.gate.passages.slice(from);
  expect(passages.filter(isWrite)).toEqual([]);
  // The repository was read once for each: a page with the records of each collection, and one that is empty.
  expect(passages.filter(({ request }) => reads(request)).length).toBeLessThanOrEqual(2 * 2 * 5);
  expect(await stage.listsOnPds(stage.artist)).toEqual(before);
  expect(await syncOf(stage.artist)).toMatchObject({ state: "done", differed: 0 });
});

test("a profile is made where there is none, and left as its owner has it ever after", async () => {
  const made = await profileOf(stage.artist);
  expect(Object.keys(made).sort()).toEqual(["$type", "createdAt"]);
  const agent = await agentOf(stage.artist);
  const place = { repo: stage.artist.account.did, collection: collections.profile, rkey: "self" };
  const own = { ...made, bio: "I sing of rain", avatar: "https://example.test/rain.png" };
  await agent.com.atproto.repo.putRecord({ ...place, record: own });
  const from = stage.gate.passages.length;
  await signInAgain(stage.artist);
  expect(await profileOf(stage.artist)).toEqual(own);
  await signInAgain(stage.artist);
  expect(stage.gate.passages.slice(from).filter(isWrite)).toEqual([]);
  // Removed is removed: it was theirs.
  await agent.com.atproto.repo.deleteRecord(place);
  await signInAgain(stage.artist);
  await expect(profileOf(stage.artist)).rejects.toThrow("Could not locate record");
  expect(stage.gate.passages.slice(from).filter(isWrite)).toEqual([]);
});

test("what a person has removed at their PDS is gone here too, and isn't written again; what they made there stays", async () => {
  const { browser, account } = stage.listener;
  const uris: string[] = [];
  for (const one of tracks)
    uris.push(like.parse((await browser.post(likePath(one))).json()).write?.uri ?? "");
  await quiet();
  const agent = await agentOf(stage.listener);
  const repo = account.did;
  const collection = collections.like;
  await agent.com.atproto.repo.deleteRecord({ repo, collection, rkey: uris[1]?.split("/").at(-1) ?? "" });
  const foreign = {
    $type: collection,
    subject: { uri: track(1).uri, cid: "bafy" },
    createdAt: "2020-01-01T00:00:00Z",
  };
  await agent.com.atproto.repo.putRecord({ repo, collection, rkey: "by-another-app", record: foreign });
  const from = stage.gate.passages.length;
  await signInAgain(stage.listener);
  expect(like.parse((await browser.get(likePath(track(1)))).json())).toEqual({ liked: false, write: null });
  expect(like.parse((await browser.get(likePath(track(0)))).json()).liked).toBe(true);
  const writes = stage.gate.passages.slice(from).filter(isWrite);
  expect(writes.filter(({ request }) => request.body.includes(`"${collection}"`))).toEqual([]);
  const { data } = await agent.com.atproto.repo.listRecords({ repo, collection });
  expect(data.records.map(({ uri }) => uri).sort()).toEqual(
    [uris[0], uris[2], `at://${repo}/${collection}/by-another-app`].sort(),
  );
});

test("an order that a person gave an album elsewhere is kept, and what it lacks follows it (incident 17)", async () => {
  const album = await stage.newAlbum("In my order");
  const songs: PublishedTrack[] = [];
  for (const title of ["A", "B", "C"]) songs.push(await stage.publish(title, album.id));
  const first = await stage.holds(stage.artist, album.uri, songs);
  await quiet();
  const [a, b, c] = songs;
  if (a === undefined || b === undefined || c === undefined) throw new Error("three songs");
  const agent = await agentOf(stage.artist);
  const rkey = album.uri.split("/").at(-1) ?? "";
  const items = [first.value.items[2], first.value.items[0]];
  const place = { repo: stage.artist.account.did, collection: collections.list, rkey };
  await agent.com.atproto.repo.putRecord({ ...place, record: { ...first.value, items } });
  await signInAgain(stage.artist);
  const kept = await stage.holds(stage.artist, album.uri, [c, a, b]);
  expect(kept.value.createdAt).toBe(first.value.createdAt);
  expect((await stage.album(album.id)).tracks.map(({ id }) => id)).toEqual([c.id, a.id, b.id]);
  const from = stage.gate.passages.length;
  await signInAgain(stage.artist);
  expect(stage.gate.passages.slice(from).filter(isWrite)).toEqual([]);
});

test("a sync waits for a PDS that is away and says so beside the person; the sign-in has not waited for it", async () => {
  await stage.db.deleteFrom("syncs").execute();
  const away = stage.gate.answer(reads, { status: 503, body: "away" });
  const { browser, account } = stage.listener;
  expect((await browser.signIn(account)).status).toBeLessThan(400);
  await until("it waits", async () => (await syncOf(stage.listener))?.state === "waiting");
  expect((await syncOf(stage.listener))?.reason).toContain("it answered 503");
  away.remove();
  await quiet();
  expect(await syncOf(stage.listener)).toMatchObject({ state: "done", reason: null });
});

test("of several sign-ins that come together only the newest has the repository read", async () => {
  const did = stage.listener.account.did;
  await stage.db.deleteFrom("syncs").execute();
  const held = stage.gate.holdRequest(reads);
  const from = stage.gate.passages.length;
  await stage.db
    .insertInto("intents")
    .values(
      [1, 2, 3, 4].map((seconds) => ({
        task: "atproto.sync",
        payload: JSON.stringify({ did }),
        subject: `sync:${did}`,
        created_at: sql<Date>`now() - ${5 - seconds} * interval '1 second'`,
      })),
    )
    .execute();
  (await held).forward();
  await quiet();
  const asked = stage.gate.passages.slice(from).filter(({ request }) => reads(request));
  const pages = asked.filter(({ request }) => request.query.get("collection") === collections.like);
  // Once, with its last, empty page.
  expect(pages).toHaveLength(2);
});
