import { until } from "@plyr/dev";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { collections, setStage, type Stage, type Track } from "../records/stage.js";
import {
  allDone,
  applied,
  callsSince,
  findAll,
  likeMany,
  openIntents,
  put,
  rowsOf,
  writesOf,
} from "./crowd.js";

let stage: Stage;
beforeAll(async () => {
  // Long enough that also a busy machine has new versions there before old ones arrive.
  stage = await setStage({ settle: 14_000 });
});
afterEach(() => {
  stage.gate.clear();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

async function eachIsThereOnce(tracks: readonly Track[]): Promise<void> {
  const there = await stage.everyLike();
  const rows = await rowsOf(stage, tracks);
  expect(rows.map(({ state, reason }) => ({ state, reason }))).toEqual(
    rows.map(() => ({ state: "confirmed", reason: null })),
  );
  for (const { rkey, confirmed_cid } of rows) expect(there.get(rkey)).toBe(confirmed_cid);
}

test("an answer that is lost after the PDS has written all of them: they are found there, and nothing is written twice", async () => {
  const tracks = await likeMany(stage, 150);
  const lost = stage.gate.loseAnswer(applied, { times: 1 });
  const from = stage.gate.passages.length;
  await findAll(stage);
  await allDone(stage);
  expect(lost.caught).toBe(1);
  const { batches, puts } = callsSince(stage.gate, from);
  expect(batches.flatMap(writesOf)).toHaveLength(150);
  expect(puts).toEqual([]);
  await eachIsThereOnce(tracks);
});

test("one bad record among two hundred is set apart and fails with a reason of its own; all others are written", async () => {
  const tracks = await likeMany(stage, 200);
  const bad = tracks[137];
  if (bad === undefined) throw new Error("no track");
  // Whole numbers only: a PDS takes no others.
  await stage.db
    .updateTable("pds_records")
    .set({ wish: sql`wish || '{"speed": 1.5}'::jsonb` })
    .where("id", "in", (likes) =>
      likes.selectFrom("likes").select("record_id").where("track_id", "=", bad.id),
    )
    .execute();
  const from = stage.gate.passages.length;
  await findAll(stage);
  await allDone(stage);
  const [row] = await rowsOf(stage, [bad]);
  expect(row).toMatchObject({ state: "failed", may_exist: false });
  expect(row?.reason).toMatch(/^Your PDS refused the record: /);
  await eachIsThereOnce(tracks.filter((track) => track !== bad));
  const { batches, puts } = callsSince(stage.gate, from);
  // All of them once, and two halves at each step down to the one.
  expect(batches.length).toBeLessThanOrEqual(20);
  expect(puts).toHaveLength(1);
  const [dead] = await stage.db
    .selectFrom("intents")
    .select(["state", "reason"])
    .where("state", "=", "dead")
    .execute();
  expect(dead?.reason).toBe(row?.reason);
});

test("a record that is there, or isn't, where we thought otherwise, holds nobody up", async () => {
  const old = await likeMany(stage, 12);
  await findAll(stage);
  await allDone(stage);
  const dying = await stage.dyingLikes();
  const tracks = await likeMany(stage, 12, dying);
  for (const track of old) await dying.unlike(stage.listener, track.id);
  const [early] = await rowsOf(stage, tracks);
  const gone = await stage.db
    .selectFrom("pds_records")
    .select("rkey")
    .where("wish", "is", null)
    .where("confirmed_version", "=", 1)
    .execute();
  const past = await stage.ownAgent();
  const repo = stage.listener;
  const collection = collections.like;
  if (early === undefined) throw new Error("no like");
  await past.com.atproto.repo.putRecord({
    repo,
    collection,
    rkey: early.rkey,
    record: { text: "somebody was here" },
  });
  for (const { rkey } of gone.slice(0, 4))
    await past.com.atproto.repo.deleteRecord({ repo, collection, rkey });
  const from = stage.gate.passages.length;
  await findAll(stage);
  await allDone(stage);
  await eachIsThereOnce(tracks);
  for (const track of old) expect(await stage.onPds(track)).toEqual([]);
  // Once as we thought, once as it is; and again for those that were just being looked at by themselves.
  expect(callsSince(stage.gate, from).batches.length).toBeLessThanOrEqual(4);
});

test("a session that had expired meanwhile: all is parked by one call, and finished at the next sign-in (incident 19)", async () => {
  const tracks = await likeMany(stage, 60);
  const refused = stage.gate.answer(applied, {
    status: 401,
    body: { error: "InvalidToken", message: "Bad token" },
  });
  const single = stage.gate.answer(put, {
    status: 401,
    body: { error: "InvalidToken", message: "Bad token" },
  });
  await findAll(stage);
  await until("all of them wait for a sign-in", async () =>
    (await rowsOf(stage, tracks)).every(({ state }) => state === "needs-sign-in"),
  );
  expect((await rowsOf(stage, tracks))[7]?.reason).toContain("Sign in again");
  expect(stage.lost.map(({ did }) => did)).toContain(stage.listener);
  // Such a session asks once more with a fresh token.
  expect([refused.caught, single.caught]).toEqual([2, 0]);
  // Asked for meanwhile: parked too, and not left behind.
  const late = await stage.newTrack();
  await stage.likes.like(stage.listener, late.id);
  stage.gate.clear();
  const from = stage.gate.passages.length;
  await stage.background.resumeParked(stage.listener);
  await allDone(stage);
  await eachIsThereOnce([...tracks, late]);
  expect(callsSince(stage.gate, from).batches).toHaveLength(1);
});

test("a 429 in the middle holds all of them until the reset that it names, and says so", async () => {
  const tracks = await likeMany(stage, 250);
  const reset = Math.ceil(Date.now() / 1_000) + 3;
  const rule = stage.gate.answer(applied, {
    status: 429,
    headers: {
      "ratelimit-limit": "5000",
      "ratelimit-remaining": "0",
      "ratelimit-reset": String(reset),
      "ratelimit-policy": "5000;w=3600",
    },
    body: { error: "RateLimitExceeded" },
  });
  await findAll(stage);
  await until("all of them say what they wait for", async () =>
    (await rowsOf(stage, tracks)).every(
      ({ state, reason }) => state === "waiting" && reason?.includes("slow down"),
    ),
  );
  expect(rule.caught).toBe(1);
  stage.gate.clear();
  await allDone(stage);
  await eachIsThereOnce(tracks);
  const rows = await rowsOf(stage, tracks);
  expect(Math.min(...rows.map(({ confirmed_at }) => confirmed_at?.getTime() ?? 0))).toBeGreaterThanOrEqual(
    (reset - 1) * 1_000,
  );
});

test("older versions that were cut off and arrive after newer ones do not stay", async () => {
  const track = await stage.newTrack();
  const ids: number[] = [];
  const dying = await stage.dyingComments();
  for (let index = 0; index < 12; index += 1) {
    const remark = { text: `first ${String(index)}`, timestampMs: index };
    ids.push((await dying.add(stage.listener, track.id, remark)).id);
  }
  await findAll(stage);
  await allDone(stage);
  const standing = stage.gate.holdRequest(applied);
  for (const id of ids) await dying.edit(stage.listener, id, `second ${String(id)}`);
  await findAll(stage);
  const held = await standing;
  for (const id of ids) await dying.edit(stage.listener, id, `third ${String(id)}`);
  const late = new Set(writesOf(held).map(({ rkey }) => rkey));
  const lateTexts = async () =>
    (await stage.commentsOnPds(track))
      .filter(({ uri }) => late.has(uri.split("/").at(-1) ?? ""))
      .map(({ value }) => value.text.split(" ")[0]);
  const areAll = (texts: unknown[], word: string) => texts.every((text) => text === word);
  const slowly = { within: 30_000 };
  await until("the third versions are there", async () => areAll(await lateTexts(), "third"), slowly);
  const answers = stage.gate.answered(applied, 200);
  held.forward();
  // They may not stay for long enough to be seen.
  await until("the second versions have arrived late", () => stage.gate.answered(applied, 200) > answers);
  await allDone(stage);
  const texts = (await stage.commentsOnPds(track)).map(({ value }) => value.text);
  expect(texts).toHaveLength(12);
  expect(texts.every((text) => text.startsWith("third"))).toBe(true);
}, 90_000);

test("an edit that comes while a batch is asked follows it, and what the PDS has meanwhile is known", async () => {
  const track = await stage.newTrack();
  const dying = await stage.dyingComments();
  const ids: number[] = [];
  for (let index = 0; index < 12; index += 1)
    ids.push((await dying.add(stage.listener, track.id, { text: "first", timestampMs: index })).id);
  const first = stage.gate.holdRequest(applied);
  await findAll(stage);
  const held = await first;
  const sent = writesOf(held).map(({ rkey }) => rkey);
  const second = stage.gate.holdRequest((request) => applied(request) || put(request));
  for (const id of ids) await dying.edit(stage.listener, id, "second");
  held.forward();
  const next = await second;
  const confirmed = await stage.db
    .selectFrom("pds_records")
    .select(sql<string>`confirmed_wish ->> 'text'`.as("text"))
    .where("collection", "=", collections.comment)
    .where("rkey", "in", sent)
    .execute();
  expect(confirmed.map(({ text }) => text)).toEqual(sent.map(() => "first"));
  next.forward();
  await allDone(stage);
  expect((await stage.commentsOnPds(track)).map(({ value }) => value.text)).toEqual(ids.map(() => "second"));
});

test("a batch that lost its leases while the PDS was asked does not have the last word", async () => {
  const tracks = await likeMany(stage, 15);
  const standing = stage.gate.holdRequest(applied);
  await findAll(stage);
  const held = await standing;
  // Another process took over, did everything, and was done: the rows say confirmed, the intents are closed.
  const ids = (await rowsOf(stage, tracks)).map(({ id }) => id);
  await stage.db.deleteFrom("subject_leases").execute();
  await stage.db.deleteFrom("intents").where("state", "=", "open").execute();
  await stage.db
    .updateTable("pds_records")
    .set({ wish: null, wish_version: 2, confirmed_version: 2, may_exist: false, state: "confirmed" })
    .where("id", "in", ids)
    .execute();
  const taken = stage.gate.answered(applied, 200);
  held.forward();
  await until("the late writes have arrived", () => stage.gate.answered(applied, 200) > taken);
  await until(
    "they are gone again",
    async () => {
      const there = await stage.everyLike();
      return writesOf(held).every(({ rkey }) => !there.has(rkey));
    },
    { within: 20_000 },
  );
  await allDone(stage);
  for (const track of tracks) expect(await stage.onPds(track)).toEqual([]);
  expect(await openIntents(stage)).toBe(0);
});
