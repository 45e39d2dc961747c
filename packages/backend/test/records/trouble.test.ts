import { until, xrpc } from "@plyr/dev";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { RecordState } from "../../src/database/schema.js";
import { writeRecord } from "../../src/tasks/write-record.js";
import { recordOf, setStage, type Stage, type Track } from "./stage.js";

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterEach(() => {
  stage.gate.clear();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const put = xrpc("com.atproto.repo.putRecord");
const remove = xrpc("com.atproto.repo.deleteRecord");

function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

function reaches(track: Track, state: RecordState) {
  return until(`the write is ${state}`, async () => {
    const { write } = await stage.likes.state(stage.listener, track.id);
    return write?.state === state && write;
  });
}

async function like(track: Track): Promise<string> {
  const { write } = await stage.likes.like(stage.listener, track.id);
  return write?.uri ?? "";
}

async function isOnPdsOnce(track: Track, uri: string): Promise<void> {
  await stage.settled(track);
  expect((await stage.onPds(track)).map((record) => record.uri)).toEqual([uri]);
}

test("a PDS that can't be reached is waited for", async () => {
  const track = await stage.newTrack();
  await stage.gate.shut();
  const uri = await like(track);
  expect(await reaches(track, "waiting")).toMatchObject({
    uri,
    reason: matching(/^Your PDS can't be reached\. Trying again at \d\d:\d\d:\d\d UTC\.$/),
  });
  // It was never sent, so an unlike at this point would need no call.
  await until("nothing is under way", async () => !(await recordOf(stage.db, uri)).may_exist);
  await stage.gate.open();
  await isOnPdsOnce(track, uri);
  expect(await recordOf(stage.db, uri)).toMatchObject({ deferrals: 0, reason: null });
});

test("an outage uses up no attempts: more refusals than the task has tries, and the record arrives", async () => {
  const track = await stage.newTrack();
  const failing = stage.gate.answer(put, { status: 502 });
  const uri = await like(track);
  await until(
    "it was tried more often than the task has attempts",
    () => failing.caught > writeRecord.retry.attempts,
  );
  failing.remove();
  await isOnPdsOnce(track, uri);
});

test("a 500 says who is in trouble, and is tried again", async () => {
  const track = await stage.newTrack();
  stage.gate.answer(put, { status: 500, body: { error: "InternalServerError" } }, { times: 1 });
  const uri = await like(track);
  expect(await reaches(track, "waiting")).toMatchObject({
    reason: matching(/^Your PDS is in trouble \(it answered 500\)\. Trying again at \d\d:\d\d:\d\d UTC\.$/),
  });
  await isOnPdsOnce(track, uri);
});

test("a 429 holds all of a person's writes until the reset it names", async () => {
  const [first, second] = [await stage.newTrack(), await stage.newTrack()];
  const reset = Math.ceil(Date.now() / 1_000) + 3;
  const limited = stage.gate.answer(put, {
    status: 429,
    headers: { "ratelimit-limit": "5000", "ratelimit-remaining": "0", "ratelimit-reset": String(reset) },
    body: { error: "RateLimitExceeded" },
  });
  const uri = await like(first);
  expect((await reaches(first, "waiting")).reason).toContain("rate limit");
  const other = await like(second);
  await reaches(second, "waiting");
  expect(limited.caught).toBe(1);
  limited.remove();
  await isOnPdsOnce(first, uri);
  await isOnPdsOnce(second, other);
  const confirmedAt = (await recordOf(stage.db, uri)).confirmed_at;
  expect(confirmedAt?.getTime()).toBeGreaterThanOrEqual((reset - 1) * 1_000);
});

test("an answer that is lost after the PDS has written leaves one record", async () => {
  const track = await stage.newTrack();
  const lost = stage.gate.loseAnswer(put, { times: 1 });
  const uri = await like(track);
  await isOnPdsOnce(track, uri);
  expect(lost.caught).toBe(1);
});

test("a write that was cut off and arrives after the delete does not stay", async () => {
  const track = await stage.newTrack();
  const standing = stage.gate.holdRequest(put);
  const uri = await like(track);
  const held = await standing;
  const deletes = stage.gate.answered(remove);
  await stage.likes.unlike(stage.listener, track.id);
  await until("the record is deleted once", () => stage.gate.answered(remove) > deletes);
  expect(await recordOf(stage.db, uri)).toMatchObject({ confirmed_version: 0, wish_version: 2 });
  held.forward();
  await until("the late write has arrived", async () => (await stage.onPds(track)).length === 1);
  await stage.settled(track, { within: 15_000 });
  expect(await stage.onPds(track)).toEqual([]);
});

test("a record that the PDS refuses is given up with the PDS's reason, and can still be taken back", async () => {
  const track = await stage.newTrack();
  stage.gate.answer(
    put,
    { status: 400, body: { error: "InvalidRequest", message: "Invalid like record" } },
    { times: 1 },
  );
  const uri = await like(track);
  expect(await reaches(track, "failed")).toMatchObject({
    uri,
    reason: "Your PDS refused the record: Invalid like record",
  });
  const dead = await stage.db
    .selectFrom("intents")
    .select(["state", "reason"])
    .where("state", "=", "dead")
    .execute();
  expect(dead).toEqual([{ state: "dead", reason: "Your PDS refused the record: Invalid like record" }]);
  await stage.likes.unlike(stage.listener, track.id);
  await stage.settled(track);
  const again = await like(track);
  expect(again).not.toBe(uri);
  await isOnPdsOnce(track, again);
});

test("a person whose permission has ended is told, and a sign-in carries the write on at once (incident 19)", async () => {
  const track = await stage.newTrack();
  const refused = stage.gate.answer(put, {
    status: 401,
    body: { error: "InvalidToken", message: "Bad token" },
  });
  const uri = await like(track);
  expect((await reaches(track, "needs-sign-in")).reason).toContain("Sign in again");
  expect(stage.lost.map(({ did }) => did)).toContain(stage.listener);
  await until("its run is over", async () => {
    const running = await stage.db.selectFrom("subject_leases").select("subject").execute();
    return running.length === 0;
  });
  refused.remove();
  await stage.background.resumeParked(stage.listener);
  await stage.settled(track, { within: 5_000 });
  expect((await stage.onPds(track)).map((record) => record.uri)).toEqual([uri]);
});

test("a run that lost its lease while the PDS was asked does not have the last word", async () => {
  const track = await stage.newTrack();
  const standing = stage.gate.holdRequest(put);
  const uri = await like(track);
  const held = await standing;
  const { id } = await recordOf(stage.db, uri);
  // Another process took over, did everything, and was done: the row says confirmed, the intent is closed.
  await stage.db.deleteFrom("subject_leases").execute();
  await stage.db.deleteFrom("intents").where("state", "=", "open").execute();
  await stage.db
    .updateTable("pds_records")
    .set({ wish: null, wish_version: 2, confirmed_version: 2, may_exist: false, state: "confirmed" })
    .where("id", "=", id)
    .execute();
  await stage.db.deleteFrom("likes").where("record_id", "=", id).execute();
  held.forward();
  await until("the late write has arrived", async () => (await stage.onPds(track)).length === 1);
  await until("it is gone again", async () => (await stage.onPds(track)).length === 0, { within: 15_000 });
  await until("the row says so", async () => (await recordOf(stage.db, uri)).confirmed_version === 2);
});
