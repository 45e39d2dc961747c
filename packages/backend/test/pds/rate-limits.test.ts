import { startRedis, until, type Redis } from "@plyr/dev";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { put, rateLimited, setStage, type Person, type Stage } from "./stage.js";

let stage: Stage;
let redis: Redis;
beforeAll(async () => {
  [stage, redis] = await Promise.all([setStage(true), startRedis()]);
});
afterEach(async () => {
  stage.gate.clear();
  await stage.endProcesses();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await redis.close();
});

const SLOW_DOWN =
  /^Your PDS asks us to slow down \(rate limit\)\. Waiting as long as it asks\. Trying again at /;

async function isWaiting(id: string): Promise<void> {
  await until("it waits", async () => (await stage.row(id)).state === "waiting");
}

async function holdOf(name: string) {
  return stage.db.selectFrom("pds_holds").selectAll().where("name", "=", name).executeTakeFirst();
}

test("a 429 of a person's points is no final error: all of that person's writes wait until the reset, one call is made, and others go on (incident 18)", async () => {
  const background = await stage.process({ docketUrl: redis.url, docketName: "points" });
  await stage.confirmed([await stage.wish(background, stage.ann), await stage.wish(background, stage.bob)]);
  const answer = rateLimited("5000;w=3600", 3_000);
  const reset = Number(answer.headers["ratelimit-reset"]) * 1_000;
  const limited = stage.gate.answer(
    (request) => put(request) && request.body.includes(stage.ann.did),
    answer,
  );
  const ids = [await stage.wish(background, stage.ann)];
  await isWaiting(ids[0] ?? "");
  expect((await stage.row(ids[0] ?? "")).reason).toMatch(SLOW_DOWN);
  for (let n = 0; n < 100; n += 1) ids.push(await stage.wish(background, stage.ann));
  expect((await stage.row(ids.at(-1) ?? "")).reason).toMatch(SLOW_DOWN);
  await stage.confirmed([await stage.wish(background, stage.bob)], 2_500);
  expect(limited.caught).toBe(1);
  limited.remove();
  await stage.confirmed(ids, 20_000);
  expect(limited.caught).toBe(1);
  const firstAt = await stage.db
    .selectFrom("pds_records")
    .select("confirmed_at")
    .where("id", "in", ids)
    .orderBy("confirmed_at")
    .executeTakeFirstOrThrow();
  // The answer's own clock has whole seconds.
  expect(firstAt.confirmed_at?.getTime()).toBeGreaterThanOrEqual(reset - 1_000);
});

test("a 429 of the host's limit for our address holds all persons there, and nobody elsewhere", async () => {
  const background = await stage.process();
  await stage.confirmed([await stage.wish(background, stage.ann), await stage.wish(background, stage.bob)]);
  const limited = stage.gate.answer(put, rateLimited("3000;w=300", 3_000));
  const ann = await stage.wish(background, stage.ann);
  await isWaiting(ann);
  const bob = await stage.wish(background, stage.bob);
  expect((await stage.row(bob)).reason).toMatch(SLOW_DOWN);
  await stage.confirmed([await stage.wish(background, stage.eve)], 2_500);
  expect(limited.caught).toBe(1);
  limited.remove();
  await stage.confirmed([ann, bob]);
});

test("a process that starts anew still waits", async () => {
  const first = await stage.process();
  const limited = stage.gate.answer(put, rateLimited("5000;w=3600", 60_000));
  const id = await stage.wish(first, stage.ann);
  await isWaiting(id);
  await first.stop({ drain: 0 });
  const second = await stage.process();
  const more = await stage.wish(second, stage.ann);
  expect(await second.heldNow(stage.ann.did)).toMatchObject({ scope: "person", cause: "limit" });
  await until("both have been looked at", async () => {
    const rows = await stage.db
      .selectFrom("pds_records")
      .select("deferrals")
      .where("id", "in", [id, more])
      .execute();
    return rows.every(({ deferrals }) => deferrals > 0);
  });
  expect(limited.caught).toBe(1);
});

/** Spends a person's points: 3 for a record made, 1 for one taken away. */
async function spend({ did, agent }: Person, points: number): Promise<void> {
  const collection = "fm.plyr.test.spent";
  const { repo } = agent.com.atproto;
  const rkeys = Array.from({ length: 200 }, (_, at) => `r${String(at)}`);
  for (let left = points; left > 0; left -= 800) {
    const value = { $type: collection };
    const creates = rkeys.map((rkey) => ({ $type: CREATE, collection, rkey, value }) as const);
    const deletes = rkeys.map((rkey) => ({ $type: DELETE, collection, rkey }) as const);
    await repo.applyWrites({ repo: did, validate: false, writes: creates });
    await repo.applyWrites({ repo: did, validate: false, writes: deletes });
  }
}

const CREATE = "com.atproto.repo.applyWrites#create";
const DELETE = "com.atproto.repo.applyWrites#delete";

test("a real PDS's limit of points is told from its limit by address, and both are waited for as it says", async () => {
  const background = await stage.process();
  // 5,000 an hour.
  await expect(spend(stage.bob, 8_000)).rejects.toThrow(/rate limit/i);
  const bob = await stage.wish(background, stage.bob);
  await isWaiting(bob);
  const began = Date.now();
  const hold = await holdOf(stage.bob.did);
  expect(hold).toMatchObject({ scope: "person", cause: "limit" });
  expect(hold?.until.getTime()).toBeGreaterThan(began + 3_000_000);
  expect(hold?.until.getTime()).toBeLessThan(began + 3_700_000);
  await stage.confirmed([await stage.wish(background, stage.ann)]);

  // 3,000 requests in 5 minutes.
  const ask = async (): Promise<boolean> => {
    const answer = await fetch(`${stage.pds.listenUrl}/xrpc/com.atproto.server.describeServer`);
    await answer.body?.cancel();
    return answer.status === 429;
  };
  let full = false;
  while (!full) full = (await Promise.all(Array.from({ length: 50 }, ask))).includes(true);
  await isWaiting(await stage.wish(background, stage.ann));
  const { host } = new URL(stage.gate.url);
  const ofHost = await holdOf(host);
  expect(ofHost).toMatchObject({ scope: "host", cause: "limit" });
  expect(ofHost?.until.getTime()).toBeLessThan(Date.now() + 301_000);
}, 60_000);
