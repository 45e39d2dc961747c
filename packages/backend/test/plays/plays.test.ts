import { until, Visitor, xrpc } from "@plyr/dev";
import { TID } from "@atproto/common-web";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { teal } from "../../src/records/collections.js";
import { setPlaysStage, type PlaysStage } from "./stage.js";

let stage: PlaysStage;
let track: number;
let long: number;
beforeAll(async () => {
  stage = await setPlaysStage();
  track = await stage.publish("Rain");
  long = await stage.publish("Long Rain");
  await stage.db.updateTable("tracks").set({ duration: 200 }).where("id", "=", long).execute();
});
afterEach(async () => {
  stage.gate.clear();
  await stage.db.deleteFrom("plays").execute();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const put = xrpc("com.atproto.repo.putRecord");
type Match = typeof put;
const isPlay: Match = (request) => put(request) && request.body.includes(`"${teal.play}"`);
const isStatus: Match = (request) => put(request) && request.body.includes(`"${teal.status}"`);

async function listedPlays(trackId: number): Promise<number | undefined> {
  const tracks = z.object({ tracks: z.array(z.object({ id: z.number(), playCount: z.number() })) });
  const { tracks: all } = tracks.parse((await new Visitor(stage.service.url).get("/tracks")).json());
  return all.find(({ id }) => id === trackId)?.playCount;
}

async function statusState(): Promise<string | undefined> {
  const { did } = stage.listener.account;
  const row = await stage.db
    .selectFrom("pds_records")
    .select("state")
    .where("did", "=", did)
    .where("collection", "=", teal.status)
    .executeTakeFirst();
  return row?.state;
}

const nothingWaits = () =>
  until("nothing waits", async () =>
    (await stage.listener.browser.get("/me/waiting")).text.startsWith('{"count":0,'),
  );

test("a play counts once per person, or per browser, and track within the track's length", async () => {
  const { browser } = stage.listener;
  const visitor = new Visitor(stage.service.url);
  const first = await stage.start(browser, track);
  expect(first).toMatchObject({ play: { counted: true }, plays: 1 });
  expect(await stage.start(browser, track)).toEqual({ play: { ...first.play, counted: false }, plays: 1 });
  expect(await stage.start(visitor, track)).toMatchObject({ play: { counted: true }, plays: 2 });
  expect(await stage.start(visitor, track)).toMatchObject({ play: { counted: false }, plays: 2 });
  expect(await stage.start(new Visitor(stage.service.url), track)).toMatchObject({ plays: 3 });
  expect(await listedPlays(track)).toBe(3);

  await stage.setBack(first.play.id, 31);
  const again = await stage.start(browser, track);
  expect(again).toMatchObject({ play: { counted: true }, plays: 4 });
  expect(again.play.id).not.toBe(first.play.id);
  // Its time is over.
  expect((await stage.heard(browser, first.play.id)).status).toBe(404);

  const { play } = await stage.start(browser, long);
  await stage.setBack(play.id, 190);
  expect((await stage.start(browser, long)).play.counted).toBe(false);
  await stage.setBack(play.id, 10);
  expect((await stage.start(browser, long)).play.counted).toBe(true);
});

test("simultaneous starts of one listener count once", async () => {
  const before = (await listedPlays(track)) ?? 0;
  const starts = await Promise.all(
    Array.from({ length: 8 }, () => stage.start(stage.listener.browser, track)),
  );
  expect(starts.filter(({ play }) => play.counted)).toHaveLength(1);
  expect(await listedPlays(track)).toBe(before + 1);
});

test("nothing counts as heard before enough time has gone by, nor for anybody else", async () => {
  const { browser } = stage.listener;
  const { play } = await stage.start(browser, long);
  const early = await browser.post(`/plays/${play.id}/heard`);
  expect([early.status, early.json()]).toMatchObject([409, { error: { code: "not_heard_yet" } }]);
  await stage.setBack(play.id, 100);
  expect((await stage.heard(stage.artist.browser, play.id)).status).toBe(404);
  expect((await stage.heard(new Visitor(stage.service.url), play.id)).status).toBe(404);
  expect((await stage.heard(browser, play.id)).status).toBe(200);
});

test("nobody is scrobbled who did not ask for it, or whose PDS does not permit it, and all else goes on", async () => {
  const { listener } = stage;
  const listen = async () => {
    await stage.db.deleteFrom("plays").execute();
    const { play } = await stage.start(listener.browser, track);
    return stage.heard(listener.browser, play.id);
  };
  expect(await stage.preferences(listener)).toEqual({ scrobble: false, permitted: false });
  expect(await listen()).toEqual({ status: 200, scrobble: null });
  expect(await stage.setScrobble(listener, true)).toEqual({ scrobble: true, permitted: false });
  expect(await listen()).toEqual({ status: 200, scrobble: null });
  await listener.browser.post(`/tracks/${String(track)}/like`);
  await until("the like is on the PDS", async () =>
    (await listener.browser.get(`/tracks/${String(track)}/like`)).text.includes("confirmed"),
  );
  expect(await stage.recordsOf(listener, teal.play)).toEqual([]);
  expect(await stage.recordsOf(listener, teal.status)).toEqual([]);

  // The wish is there, so a sign-in asks for the permission too.
  await stage.optIn(listener);
  const { scrobble } = await listen();
  const [record] = await stage.played(listener, teal, 1);
  expect(record?.uri).toBe(scrobble);
  // What was permitted goes on when a sign-in asks for less, and the like did not need more.
  await stage.setScrobble(listener, false);
  await nothingWaits();
  await listener.browser.signIn(listener.account);
  expect(await stage.preferences(listener)).toEqual({ scrobble: false, permitted: false });
});

test("a play that was heard becomes a record of its start, with its rkey made of that time", async () => {
  const { listener } = stage;
  await stage.optIn(listener);
  const before = (await stage.recordsOf(listener, teal.play)).length;
  const { play } = await stage.start(listener.browser, long);
  await stage.setBack(play.id, 150);
  const { scrobble } = await stage.heard(listener.browser, play.id);
  expect((await stage.heard(listener.browser, play.id)).scrobble).toBe(scrobble);
  const record = (await stage.played(listener, teal, before + 1)).find(({ uri }) => uri === scrobble);
  const { started_at } = await stage.db
    .selectFrom("plays")
    .select("started_at")
    .where("id", "=", play.id)
    .executeTakeFirstOrThrow();
  const { url } = stage.service;
  expect(record?.value).toEqual({
    $type: teal.play,
    trackName: "Long Rain",
    artists: [{ artistName: "artist.test" }],
    duration: 200,
    originUri: `${url}/tracks/${String(long)}/audio`,
    musicServiceUri: url,
    submissionClientAgent: "plyr/0.1.0",
    playedTime: started_at.toISOString(),
  });
  const rkey = scrobble?.split("/").at(-1) ?? "";
  expect(TID.fromStr(rkey).timestamp()).toBe(started_at.getTime() * 1_000);
  const view = (await stage.scrobbles(listener)).find(({ write }) => write.uri === scrobble);
  expect(view).toMatchObject({ trackName: "Long Rain", artist: "artist.test" });

  const status = await until("the status is there", async () => {
    const [found] = await stage.recordsOf(listener, teal.status);
    return found;
  });
  expect(status.uri).toMatch(/\/self$/);
  expect(status.value).toMatchObject({ item: { trackName: "Long Rain" } });
  const { time, expiry } = z.object({ time: z.string(), expiry: z.string() }).parse(status.value);
  expect(Date.parse(expiry) - Date.parse(time)).toBe(200_000);
});

test("a scrobble whose answer was lost is written again with the time and the rkey of its start (incident 5)", async () => {
  const { listener } = stage;
  await stage.optIn(listener);
  const before = (await stage.recordsOf(listener, teal.play)).length;
  const lost = stage.gate.loseAnswer(isPlay, { times: 1 });
  const { play } = await stage.start(listener.browser, track);
  const { scrobble } = await stage.heard(listener.browser, play.id);
  await until("it is confirmed", async () => {
    const view = (await stage.scrobbles(listener)).find(({ write }) => write.uri === scrobble);
    return view?.write.state === "confirmed";
  });
  expect(lost.caught).toBe(1);
  const bodies = stage.gate.passages.filter(({ request }) => isPlay(request)).slice(-2);
  expect(bodies[0]?.request.body).toBe(bodies[1]?.request.body);
  const { started_at } = await stage.db
    .selectFrom("plays")
    .select("started_at")
    .where("id", "=", play.id)
    .executeTakeFirstOrThrow();
  expect(bodies[1]?.request.body).toContain(`"playedTime":"${started_at.toISOString()}"`);
  expect(TID.fromStr(scrobble?.split("/").at(-1) ?? "").timestamp()).toBe(started_at.getTime() * 1_000);
  expect(await stage.played(listener, teal, before + 1)).toHaveLength(before + 1);
});

test("a scrobble that waits when its listener wants no more is permitted by their next sign-in, and written", async () => {
  const { listener } = stage;
  await stage.optIn(listener);
  const before = (await stage.recordsOf(listener, teal.play)).length;
  const away = stage.gate.answer(isPlay, { status: 503, body: "away" });
  const { play } = await stage.start(listener.browser, track);
  await stage.heard(listener.browser, play.id);
  await until("it has been tried", () => away.caught > 0);
  await stage.setScrobble(listener, false);
  await listener.browser.signIn(listener.account);
  stage.gate.clear();
  await stage.played(listener, teal, before + 1);
  await nothingWaits();
  // Now that none is left, a sign-in asks for no more than is wanted.
  await listener.browser.signIn(listener.account);
  expect(await stage.preferences(listener)).toEqual({ scrobble: false, permitted: false });
});

test("of several statuses only the newest is written", async () => {
  const { listener } = stage;
  await stage.optIn(listener);
  const others = [await stage.publish("Second"), await stage.publish("Third")];
  const holding = stage.gate.holdRequest(isStatus);
  await stage.start(listener.browser, track);
  const held = await holding;
  const writes = stage.gate.passages.filter(({ request }) => isStatus(request)).length;
  for (const other of others) await stage.start(listener.browser, other);
  held.forward();
  await until("the newest is there", async () => {
    const [status] = await stage.recordsOf(listener, teal.status);
    return JSON.stringify(status).includes('"Third"');
  });
  await until("nothing is owed", async () => (await statusState()) === "confirmed");
  const later = stage.gate.passages.filter(({ request }) => isStatus(request)).slice(writes);
  expect(later.map(({ request }) => request.body.includes('"Third"'))).toEqual([true]);
});

test("whoever wants no more scrobbles keeps those that there are, and their status goes", async () => {
  const { listener } = stage;
  await stage.optIn(listener);
  const plays = await stage.recordsOf(listener, teal.play);
  await stage.start(listener.browser, long);
  await until("the status is there", async () => {
    const [status] = await stage.recordsOf(listener, teal.status);
    return JSON.stringify(status ?? null).includes('"Long Rain"');
  });
  await stage.setScrobble(listener, false);
  await until("the status is gone", async () => (await stage.recordsOf(listener, teal.status)).length === 0);
  expect(await stage.recordsOf(listener, teal.play)).toEqual(plays);
});

test("a status that is over before it could be written is dropped", async () => {
  const { listener } = stage;
  await stage.optIn(listener);
  const earlier = await stage.recordsOf(listener, teal.status);
  stage.gate.answer(isStatus, { status: 503, body: {} });
  await stage.start(listener.browser, track);
  await until("it waits", async () => (await statusState()) === "waiting");
  await sql`
    update pds_records set wish = jsonb_set(wish, '{expiry}', '"2026-01-01T00:00:00.000Z"')
    where collection = ${teal.status}
  `.execute(stage.db);
  stage.gate.clear();
  const writes = stage.gate.passages.filter(({ request }) => isStatus(request)).length;
  await until("nothing is owed", async () => (await statusState()) === "confirmed");
  expect(stage.gate.passages.filter(({ request }) => isStatus(request))).toHaveLength(writes);
  expect(await stage.recordsOf(listener, teal.status)).toEqual(earlier);
});
