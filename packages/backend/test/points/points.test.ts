import { until } from "@plyr/dev";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Points } from "../../src/points/points.js";
import { allDone, callsSince, findAll, likeMany, rowsOf, writesOf } from "../batches/crowd.js";
import { collections, setStage, type Stage } from "../records/stage.js";

/** A real PDS that counts: 5,000 points an hour. */
let stage: Stage;
let points: Points;
beforeAll(async () => {
  stage = await setStage({}, { rateLimitsEnabled: true });
  points = new Points(stage.db);
});
afterEach(async () => {
  stage.gate.clear();
  await stage.db.deleteFrom("write_points").execute();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

async function known() {
  return stage.db
    .selectFrom("write_points")
    .selectAll()
    .where("did", "=", stage.listener)
    .executeTakeFirstOrThrow();
}

/** So many points are left for batches, for so many seconds. */
async function leave(left: number, seconds: number): Promise<void> {
  await points.spend(stage.listener, 4_000 - left);
  await stage.db
    .updateTable("write_points")
    .set({ limited: true, hour_ends: new Date(Date.now() + seconds * 1_000) })
    .execute();
}

test("a batch stops before it has spent what a person is to have left, says until when it waits, and goes on then", async () => {
  await leave(100, 4);
  const tracks = await likeMany(stage, 50);
  const from = stage.gate.passages.length;
  await findAll(stage);
  await until("some are written and the others wait", async () => {
    const states = (await rowsOf(stage, tracks)).map(({ state }) => state);
    return states.filter((state) => state === "confirmed").length === 33 && !states.includes("writing");
  });
  const waiting = (await rowsOf(stage, tracks)).filter(({ state }) => state === "waiting");
  expect(waiting.map(({ reason }) => reason)).toEqual(
    waiting.map(
      () => "Your PDS takes a limited number of writes an hour. This goes on by itself in about 1 min.",
    ),
  );
  const spent = await known();
  expect(spent.hour_spent).toBe(3_999);
  await allDone(stage);
  expect((await rowsOf(stage, tracks)).every(({ state }) => state === "confirmed")).toBe(true);
  const { batches } = callsSince(stage.gate, from);
  expect(batches.flatMap(writesOf)).toHaveLength(50);
});

test("a like that is asked for meanwhile is written at once, from what was left for it", async () => {
  await leave(0, 3_600);
  const tracks = await likeMany(stage, 15);
  await findAll(stage);
  await until("they wait for points", async () =>
    (await rowsOf(stage, tracks)).every(({ state }) => state === "waiting"),
  );
  await stage.db
    .updateTable("intents")
    .set({ created_at: new Date(Date.now() - 60_000) })
    .execute();
  const track = await stage.newTrack();
  await stage.likes.like(stage.listener, track.id);
  await stage.settled(track, { within: 3_000 });
  expect((await known()).hour_spent).toBe(4_002);
  expect((await rowsOf(stage, tracks)).every(({ state }) => state === "waiting")).toBe(true);
  await stage.db.deleteFrom("write_points").execute();
  await stage.background.resumeParked(stage.listener);
  await allDone(stage);
});

test("what the PDS says takes the place of the estimate: other apps spend the same points", async () => {
  const another = await stage.ownAgent();
  const record = { text: "from another app" };
  for (let count = 0; count < 20; count += 1) {
    await another.com.atproto.repo.createRecord({
      repo: stage.listener,
      collection: "test.example.thing",
      record,
    });
  }
  await likeMany(stage, 650);
  await findAll(stage);
  await allDone(stage);
  const spent = await known();
  // Sixty by the other app; and what the tests before this one have spent on the same PDS.
  expect(spent.hour_spent).toBeGreaterThanOrEqual(650 * 3 + 60);
  expect(spent).toMatchObject({ limited: true, hour_limit: 5_000 });
  expect(spent.hour_spent).toBe(5_000 - (await remaining()));
});

/** What the PDS itself says is left, after a write by another app that costs one point. */
async function remaining(): Promise<number> {
  const agent = await stage.ownAgent();
  const place = { repo: stage.listener, collection: collections.like, rkey: "nobody" };
  const { headers } = await agent.com.atproto.repo.deleteRecord(place);
  expect(headers["ratelimit-policy"]).toBe("5000;w=3600");
  return Number(headers["ratelimit-remaining"]) + 1;
}

test("a window that is over counts no more, and a PDS that does not count has no limit", async () => {
  await points.spend(stage.listener, 3_990);
  expect((await points.allowance(stage.listener)).points).toBe(10);
  await stage.db
    .updateTable("write_points")
    .set({ hour_ends: new Date(Date.now() - 1_000) })
    .execute();
  expect((await points.allowance(stage.listener)).points).toBe(4_000);
  await points.told(stage.listener, new Response("{}", { status: 502 }));
  expect((await points.allowance(stage.listener)).points).toBe(4_000);
  await points.told(stage.listener, new Response("{}"));
  expect((await points.allowance(stage.listener)).points).toBe(Infinity);
  await points.told(stage.listener, new Response("{}", { status: 429 }));
  expect((await points.allowance(stage.listener)).points).toBe(4_000);
});

test("the day's points are looked after too", async () => {
  await points.spend(stage.listener, 31_400);
  await stage.db
    .updateTable("write_points")
    .set({ hour_spent: 0, day_ends: new Date(Date.now() + 7_200_000) })
    .execute();
  const { points: left, more } = await points.allowance(stage.listener);
  expect(left).toBe(100);
  expect(more).toBeGreaterThan(7_000_000);
});
