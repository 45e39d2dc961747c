import { until, xrpc, type Match } from "@plyr/dev";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { teal } from "../../src/records/collections.js";
import { makeAudio } from "../tracks/audio.js";
import { collections, setStage, type Person, type Stage } from "../tracks/stage.js";

const list = z.object({
  count: z.int(),
  kinds: z.record(z.string(), z.int()),
  needSignIn: z.int(),
  writes: z.array(
    z.object({
      id: z.uuid(),
      kind: z.string(),
      action: z.string(),
      track: z.object({ id: z.int(), title: z.string() }).nullable(),
      text: z.string().nullable(),
      asked: z.iso.datetime(),
      write: z.object({ state: z.string(), reason: z.string().nullable(), uri: z.string() }),
    }),
  ),
});

const items = z.looseObject({ items: z.array(z.unknown()) });

const refused: Match = (request) =>
  ["putRecord", "deleteRecord", "uploadBlob"].some((name) => xrpc(`com.atproto.repo.${name}`)(request));

let stage: Stage;
let track: number;

beforeAll(async () => {
  stage = await setStage();
  ({ trackId: track } = await stage.upload(stage.artist, await makeAudio("mp3", 2), {
    title: "Rain",
    description: "wet",
  }));
  await quiet(stage.artist);
}, 60_000);

afterEach(async () => {
  stage.gate.clear();
  for (const person of [stage.artist, stage.listener]) {
    await person.browser.signIn(person.account);
    await quiet(person);
  }
});

afterAll(() => stage[Symbol.asyncDispose]());

/** Until then every write is refused, certainly undone, and waits for a sign-in. */
function endPermission(): void {
  stage.gate.answer(refused, { status: 401, body: { error: "InvalidToken", message: "no longer" } });
}

const waiting = async ({ browser }: Person) => list.parse((await browser.get("/me/waiting")).json());

const quiet = (person: Person) =>
  until("nothing waits", async () => (await waiting(person)).count === 0, { within: 20_000 });

const like = (person: Person) => person.browser.post(`/tracks/${String(track)}/like`);
const isLiked = async (person: Person) =>
  z.object({ liked: z.boolean() }).parse((await person.browser.get(`/tracks/${String(track)}/like`)).json())
    .liked;

const titles = async (): Promise<string[]> =>
  z
    .object({ tracks: z.array(z.object({ title: z.string() })) })
    .parse((await stage.listener.browser.get("/tracks")).json())
    .tracks.map(({ title }) => title);

test("a person sees what waits, what it is about, since when, and why; nobody else does", async () => {
  endPermission();
  await like(stage.listener);
  await until("it waits for a sign-in", async () => (await waiting(stage.listener)).needSignIn === 1);
  const { count, kinds, writes } = await waiting(stage.listener);
  // Besides, the list of what they like, once they are done liking.
  expect(count).toBe(1 + (kinds["list"] ?? 0));
  const write = writes.find(({ kind }) => kind === "like");
  expect(write).toMatchObject({
    kind: "like",
    action: "add",
    track: { id: track, title: "Rain" },
    text: null,
    write: { state: "needs-sign-in", uri: expect.stringContaining(stage.listener.account.did) as unknown },
  });
  expect(write?.write.reason).toContain("Sign in again");
  expect(Date.parse(write?.asked ?? "")).toBeGreaterThan(Date.now() - 60_000);

  expect((await waiting(stage.artist)).count).toBe(0);
  const cancelled = await stage.artist.browser.delete(`/me/waiting/${write?.id ?? ""}`);
  expect([cancelled.status, cancelled.json()]).toMatchObject([404, { error: { code: "unknown_write" } }]);
  expect((await stage.listener.browser.delete("/me/waiting/nothing")).status).toBe(404);
  expect(await isLiked(stage.listener)).toBe(true);
});

test("an edit of a track that waits gives way to what the PDS has; a deletion can't be undone", async () => {
  endPermission();
  const path = `/tracks/${String(track)}`;
  await stage.artist.browser.send("PATCH", path, { body: { title: "Snow", description: "" } });
  expect(await titles()).toEqual(["Snow"]);
  const { writes } = await waiting(stage.artist);
  expect(writes).toMatchObject([{ kind: "track", action: "change", track: { id: track, title: "Snow" } }]);
  expect((await stage.artist.browser.delete(`/me/waiting/${writes[0]?.id ?? ""}`)).status).toBe(204);
  expect(await titles()).toEqual(["Rain"]);
  await quiet(stage.artist);
  expect((await stage.tracksOnPds()).map(({ value }) => [value.title, value["description"]])).toEqual([
    ["Rain", "wet"],
  ]);

  const { trackId } = await stage.upload(stage.artist, await makeAudio("mp3", 1), { title: "Never" });
  await until("the upload waits", async () => (await waiting(stage.artist)).needSignIn === 1);
  const upload = (await waiting(stage.artist)).writes.find((write) => write.track?.id === trackId);
  expect((await stage.artist.browser.delete(`/me/waiting/${upload?.id ?? ""}`)).status).toBe(204);
  await quiet(stage.artist);
  expect(await titles()).toEqual(["Rain"]);
  await until("its file is gone", async () => (await stage.stored()).length === 1);
  expect(await stage.tracksOnPds()).toHaveLength(1);
});

test("a deletion of a track that waits can't be cancelled", async () => {
  const { trackId } = await stage.upload(stage.artist, await makeAudio("mp3", 1), { title: "Hail" });
  await quiet(stage.artist);
  endPermission();
  await stage.artist.browser.delete(`/tracks/${String(trackId)}`);
  const { writes } = await waiting(stage.artist);
  const answer = await stage.artist.browser.delete(`/me/waiting/${writes[0]?.id ?? ""}`);
  expect([answer.status, answer.json()]).toMatchObject([409, { error: { code: "too_late" } }]);
});

test("who signs out while something waits is asked; anyway: it goes on, and is written when it can be", async () => {
  endPermission();
  await stage.listener.browser.delete(`/tracks/${String(track)}/like`);
  const asked = await stage.listener.browser.post("/auth/logout");
  expect([asked.status, asked.json()]).toMatchObject([409, { error: { code: "open_writes", count: 1 } }]);
  expect((await stage.listener.browser.get("/me")).status).toBe(200);
  for (const body of [{ anyway: false }, { anyway: "yes" }, { now: true }]) {
    expect((await stage.listener.browser.post("/auth/logout", { body })).status).toBe(422);
  }
  expect((await stage.listener.browser.post("/auth/logout", { body: { anyway: true } })).status).toBe(204);
  expect((await stage.listener.browser.get("/me")).status).toBe(401);

  stage.gate.clear();
  await stage.listener.browser.signIn(stage.listener.account);
  await quiet(stage.listener);
  expect(await isLiked(stage.listener)).toBe(false);
});

test("who signs out may cancel what waits instead", async () => {
  // The list of what they like follows what was done before, some seconds later.
  await until(
    "nothing is owed",
    async () =>
      (await stage.db.selectFrom("intents").select("id").where("state", "=", "open").execute()).length === 0,
    { within: 20_000 },
  );
  endPermission();
  await like(stage.listener);
  const answer = await stage.listener.browser.post("/auth/logout", { body: { cancel: true } });
  expect([answer.status, answer.json()]).toEqual([200, { cancelled: 1, left: 0 }]);
  expect((await stage.listener.browser.get("/me")).status).toBe(401);
  const row = await stage.db
    .selectFrom("likes")
    .select("did")
    .where("did", "=", stage.listener.account.did)
    .executeTakeFirst();
  expect(row).toBeUndefined();
});

test("the list of what a person likes follows what they cancel", async () => {
  await like(stage.listener);
  await until("the list is on the PDS", async () => (await likedOnPds()) === 1, { within: 20_000 });
  await quiet(stage.listener);
  endPermission();
  await stage.listener.browser.delete(`/tracks/${String(track)}/like`);
  await until("the list waits, too", async () => (await waiting(stage.listener)).kinds["list"] === 1, {
    within: 20_000,
  });
  const { writes } = await waiting(stage.listener);
  const list = writes.find(({ kind }) => kind === "list");
  // With nothing on it there is no such list.
  expect(list).toMatchObject({ action: "remove", text: "Liked tracks" });
  const tooLate = await stage.listener.browser.delete(`/me/waiting/${list?.id ?? ""}`);
  expect([tooLate.status, tooLate.json()]).toMatchObject([409, { error: { code: "too_late" } }]);

  const unlike = writes.find(({ kind }) => kind === "like");
  expect((await stage.listener.browser.delete(`/me/waiting/${unlike?.id ?? ""}`)).status).toBe(204);
  const { id } = await likedList();
  await until("the list is wished as it was", async () => (await likedList()).wished === 1);
  stage.gate.clear();
  await stage.listener.browser.signIn(stage.listener.account);
  await quiet(stage.listener);
  expect([(await likedList()).id, await likedOnPds()]).toEqual([id, 1]);
}, 60_000);

test("a play that waits is not told of any more", async () => {
  const { did } = stage.listener.account;
  const record = { $type: teal.play, trackName: "Rain" };
  const { id } = await stage.db
    .insertInto("pds_records")
    .values({ did, collection: teal.play, rkey: "3k2a", wish: JSON.stringify(record), state: "waiting" })
    .returning("id")
    .executeTakeFirstOrThrow();
  const play = { listener: did, track_id: track, did, id: crypto.randomUUID(), started_at: new Date() };
  await stage.db
    .insertInto("plays")
    .values({ ...play, record_id: id })
    .execute();
  const { writes } = await waiting(stage.listener);
  expect(writes).toMatchObject([{ kind: "play", action: "add", track: { id: track, title: "Rain" } }]);
  expect((await stage.listener.browser.delete(`/me/waiting/${id}`)).status).toBe(204);
  await quiet(stage.listener);
  const left = await stage.db.selectFrom("plays").select("record_id").where("did", "=", did).execute();
  expect(left).toEqual([{ record_id: null }]);
});

/** The list of what the listener likes, as it is wished. */
async function likedList(): Promise<{ id: string; wished: number }> {
  const row = await stage.db
    .selectFrom("lists")
    .innerJoin("pds_records as record", "record.id", "lists.record_id")
    .select(["record.id", "record.wish"])
    .where("lists.did", "=", stage.listener.account.did)
    .executeTakeFirstOrThrow();
  return { id: row.id, wished: row.wish === null ? 0 : items.parse(row.wish).items.length };
}

/** How many items it has on their PDS; 0 without one. */
async function likedOnPds(): Promise<number> {
  const query = new URLSearchParams({ repo: stage.listener.account.did, collection: collections.list });
  const url = `${stage.pds.listenUrl}/xrpc/com.atproto.repo.listRecords?${query.toString()}`;
  const { records } = z
    .object({ records: z.array(z.object({ value: items })) })
    .parse(await (await fetch(url)).json());
  return records[0]?.value.items.length ?? 0;
}
