import { AtpAgent } from "@atproto/api";
import { until, xrpc } from "@plyr/dev";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { takeOrder } from "../../src/lists/album-order.js";
import { wishedLists } from "../../src/lists/list-content.js";
import { command } from "../cli/commanding.js";
import { NAMESPACE } from "../http/running-service.js";
import { collections } from "../tracks/stage.js";
import { setListsStage, type Album, type ListsStage, type PublishedTrack } from "./stage.js";

let stage: ListsStage;
let first: PublishedTrack;
let second: PublishedTrack;
let third: PublishedTrack;
beforeAll(async () => {
  stage = await setListsStage();
  [first, second, third] = [
    await stage.publish("First"),
    await stage.publish("Second"),
    await stage.publish("Third"),
  ];
});
afterEach(async () => {
  stage.gate.clear();
  // A track is on one album at most: each test begins with free ones.
  for (const { id } of await albumsNow()) await stage.ask("DELETE", `/albums/${String(id)}`);
  await until("nothing is owed any more", async () => (await stage.listsOnPds(stage.artist)).length === 0, {
    within: 20_000,
  });
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const uploadBlob = xrpc("com.atproto.repo.uploadBlob");
const isListWrite = (request: Parameters<typeof uploadBlob>[0]): boolean =>
  xrpc("com.atproto.repo.putRecord")(request) && request.body.includes(`"${collections.list}"`);

function listWrites(): number {
  return stage.gate.passages.filter(({ request }) => isListWrite(request)).length;
}

async function albumsNow(): Promise<{ id: number }[]> {
  return stage.db.selectFrom("lists").select("id").where("deleted_at", "is", null).execute();
}

function path(album: Album, rest = ""): string {
  return `/albums/${String(album.id)}${rest}`;
}

async function put(album: Album, ...tracks: PublishedTrack[]): Promise<void> {
  for (const { id } of tracks)
    expect(await stage.ask("POST", path(album, "/tracks"), { track_id: id })).toBe(200);
}

async function finalize(album: Album, ...tracks: PublishedTrack[]): Promise<void> {
  const track_ids = tracks.map(({ id }) => id);
  expect(await stage.ask("POST", path(album, "/finalize"), { track_ids })).toBe(200);
}

async function albumFieldOf(track: PublishedTrack): Promise<unknown> {
  const record = (await stage.tracksOnPds()).find(({ uri }) => uri === track.uri);
  return record?.value["album"];
}

test("an album becomes a list record of its tracks in their order, and they name it; renamed, so are they", async () => {
  const album = await stage.newAlbum("Sea Songs");
  expect(album).toMatchObject({ slug: "sea-songs", tracks: [], write: { state: "writing" } });
  await put(album, second, first);
  const record = await stage.holds(stage.artist, album.uri, [second, first]);
  expect(record.value).toMatchObject({ name: "Sea Songs", listType: "album" });
  expect(await albumFieldOf(first)).toBe("Sea Songs");
  expect(await albumFieldOf(third)).toBeUndefined();

  expect(await stage.ask("PATCH", path(album), { title: "Lake Songs", description: "Wet." })).toBe(200);
  await until("the record has its new name", async () => {
    const [list] = await stage.listsOnPds(stage.artist);
    return list?.value.name === "Lake Songs";
  });
  const renamed = await stage.holds(stage.artist, album.uri, [second, first]);
  expect(await albumFieldOf(first)).toBe("Lake Songs");
  expect(renamed.value.createdAt).toBe(record.value.createdAt);
  expect(renamed.value.updatedAt).toBeDefined();
  await until("the page says so", async () => (await stage.album(album.id)).write?.state === "confirmed");
  expect(await stage.album(album.id)).toMatchObject({ slug: "lake-songs", description: "Wet." });
});

test("a burst of edits ends in one write, of the last order", async () => {
  const before = listWrites();
  const album = await stage.newAlbum("Burst");
  await put(album, first, second, third);
  await finalize(album, third, first, second);
  await finalize(album, second, third, first);
  expect(await stage.ask("DELETE", path(album, `/tracks/${String(third.id)}`))).toBe(200);
  await put(album, third);
  await finalize(album, third, second, first);
  await stage.holds(stage.artist, album.uri, [third, second, first]);
  await until("nothing is owed", async () => (await stage.album(album.id)).write?.state === "confirmed");
  expect(listWrites()).toBe(before + 1);
});

test("the order that a person gave outlives later uploads, edits and deletions (incident 17)", async () => {
  const album = await stage.newAlbum("Kept");
  await put(album, first, second, third);
  await finalize(album, third, second, first);
  await stage.holds(stage.artist, album.uri, [third, second, first]);

  const fourth = await stage.publish("Fourth", album.id);
  await stage.holds(stage.artist, album.uri, [third, second, first, fourth]);
  expect(await albumFieldOf(fourth)).toBe("Kept");
  await stage.ask("PATCH", `/tracks/${String(second.id)}`, { title: "Second, again" });
  await until("the edit is on the PDS", async () =>
    (await stage.tracksOnPds()).some(({ value }) => value.title === "Second, again"),
  );
  await stage.holds(stage.artist, album.uri, [third, second, first, fourth]);
  await stage.ask("DELETE", `/tracks/${String(fourth.id)}`);
  await stage.holds(stage.artist, album.uri, [third, second, first]);
  expect((await stage.album(album.id)).tracks.map(({ id }) => id)).toEqual([third.id, second.id, first.id]);
});

test("an album that was deleted before it was written does not come back (incident 6)", async () => {
  const holding = stage.gate.holdRequest(isListWrite);
  const album = await stage.newAlbum("Short-lived");
  await put(album, first);
  const held = await holding;
  expect(await stage.ask("DELETE", path(album))).toBe(200);
  expect(await stage.album(album.id)).toMatchObject({ removed: true });
  held.forward();
  await until("the row is gone with the record", async () => (await stage.ask("GET", path(album))) === 404, {
    within: 20_000,
  });
  expect(await stage.listsOnPds(stage.artist)).toEqual([]);
  await until("the track names no album", async () => (await albumFieldOf(first)) === undefined);
});

test("a track that is on its way is waited for without using attempts: the list goes ahead, and again when it comes", async () => {
  const album = await stage.newAlbum("Awaited");
  await put(album, first);
  const holding = stage.gate.holdRequest(uploadBlob);
  const arriving = stage.publish("Late", album.id);
  const held = await holding;
  await stage.holds(stage.artist, album.uri, [first]);
  expect((await stage.album(album.id)).tracks.map(({ onPds }) => onPds)).toEqual([true, false]);
  held.forward();
  const late = await arriving;
  await stage.holds(stage.artist, album.uri, [first, late]);
  await stage.ask("DELETE", `/tracks/${String(late.id)}`);
  await stage.holds(stage.artist, album.uri, [first]);
});

test("what is on the PDS already is not written again", async () => {
  const album = await stage.newAlbum("Still");
  await put(album, first, second);
  await stage.holds(stage.artist, album.uri, [first, second]);
  await until("nothing is owed", async () => (await stage.album(album.id)).write?.state === "confirmed");
  const written = listWrites();
  await finalize(album, second, first);
  await finalize(album, first, second);
  await until("nothing is owed", async () => (await stage.album(album.id)).write?.state === "confirmed");
  expect(listWrites()).toBe(written);
});

test("a list that the PDS refuses says why, and the next change tries anew", async () => {
  const refused = stage.gate.answer(isListWrite, {
    status: 400,
    body: { error: "InvalidRequest", message: "No such lists" },
  });
  const album = await stage.newAlbum("Refused");
  await until("it has failed", async () => (await stage.album(album.id)).write?.state === "failed");
  expect((await stage.album(album.id)).write?.reason).toBe("Your PDS refused the record: No such lists");
  refused.remove();
  await put(album, first);
  await stage.holds(stage.artist, album.uri, [first]);
});

test("an order that was given on the PDS with another program is taken over, and new tracks follow", async () => {
  const did = stage.artist.account.did;
  const album = await stage.newAlbum("Elsewhere");
  await put(album, first, second, third);
  await stage.db.transaction().execute((tx) =>
    // Within the service its sign-in does this; what it schedules is scheduled here by the next change.
    takeOrder(tx, () => Promise.resolve("none"), album.id, [third.uri, "at://did:plc:other/x/y", first.uri]),
  );
  const lists = await wishedLists(stage.db, did);
  expect(lists.find(({ id }) => id === album.id)?.items.map(({ uri }) => uri)).toEqual([
    third.uri,
    first.uri,
    second.uri,
  ]);
  await stage.holds(stage.artist, album.uri, [third, first, second]);
});

test("an album whose record its owner removed at their PDS goes here too at the audit, and its tracks stay", async () => {
  const album = await stage.newAlbum("Removed elsewhere");
  await put(album, first);
  await stage.holds(stage.artist, album.uri, [first]);
  await until("nothing is owed", async () => (await stage.album(album.id)).write?.state === "confirmed");
  const { account } = stage.artist;
  const elsewhere = new AtpAgent({ service: stage.pds.listenUrl });
  await elsewhere.login({ identifier: account.handle, password: account.password });
  const rkey = album.uri.split("/").at(-1) ?? "";
  const place = { repo: account.did, collection: collections.list, rkey };
  await elsewhere.com.atproto.repo.deleteRecord(place);

  const env = {
    ...{ PLYR_ENV: "development", COLLECTION_NAMESPACE: NAMESPACE, PLC_URL: stage.pds.plcUrl },
    ...{ DATABASE_URL: stage.databaseUrl, DATA_DIR: stage.service.dataDir },
  };
  expect((await command(env, "audit", "--repair", "--did", account.did)).stdout).toContain(album.uri);
  await until("the album is gone", async () => (await stage.ask("GET", path(album))) === 404, {
    within: 20_000,
  });
  await until("its track names none", async () => (await albumFieldOf(first)) === undefined, {
    within: 20_000,
  });
});
