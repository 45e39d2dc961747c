import { Redis as Client } from "ioredis";
import { startRedis, until, type Redis } from "@plyr/dev";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { hostsOnHold } from "../../src/pds/holds.js";
import { put, recordsIn, setStage, written, type Stage } from "./stage.js";

let stage: Stage;
let redis: Redis;
beforeAll(async () => {
  [stage, redis] = await Promise.all([setStage(), startRedis()]);
});
afterEach(async () => {
  stage.gate.clear();
  await stage.endProcesses();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await redis.close();
});

const AWAY =
  /^Your PDS (can't be reached|is in trouble \(it answered 503\))\. Trying again at \d\d:\d\d:\d\d UTC\.$/;

async function isWaiting(id: string): Promise<void> {
  await until("it waits", async () => (await stage.row(id)).state === "waiting");
}

/** How many calls of scripts Redis has been sent by clients. */
async function scriptCalls(): Promise<number> {
  const client = new Client(redis.url);
  const stats = await client.info("commandstats");
  client.disconnect();
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

const HUNDREDS = 200;

test("a PDS that is in trouble is tried by one call at a time, at growing intervals, while hundreds of writes wait at next to no cost", async () => {
  const background = await stage.process({
    docketUrl: redis.url,
    docketName: "hundreds",
    pauses: { shortest: 200, longest: 2_000 },
  });
  await stage.confirmed([await stage.wish(background, stage.ann), await stage.wish(background, stage.bob)]);
  const failing = stage.gate.answer(written, { status: 503 });
  const first = await stage.wish(background, stage.ann);
  await isWaiting(first);
  const [callsBefore, scriptsBefore, from] = [
    failing.caught,
    await scriptCalls(),
    stage.gate.passages.length,
  ];
  const ids = [first];
  for (let n = 1; n < HUNDREDS; n += 1)
    ids.push(await stage.wish(background, n % 2 === 0 ? stage.ann : stage.bob));
  await until("it has been tried several times more", () => failing.caught >= callsBefore + 5, {
    within: 15_000,
  });
  const calls = failing.caught - callsBefore;
  expect(calls).toBeLessThanOrEqual(6);
  const tries = stage.gate.passages.slice(from).filter(({ request }) => written(request));
  expect(tries.every(({ status }) => status === 503)).toBe(true);
  // One to add each; beside that a few for those that ran before docket was told, for tries, and for the sweep.
  expect((await scriptCalls()) - scriptsBefore).toBeLessThan(HUNDREDS * 1.6);
  expect((await stage.row(ids.at(-1) ?? "")).reason).toMatch(AWAY);
  failing.remove();
  await stage.confirmed(ids, 30_000);
  // Each written once, by itself or together with others.
  const done = stage.gate.passages.slice(from).filter(({ status }) => status === 200);
  const records = done.map(({ request }) => (written(request) ? recordsIn(request) : 0));
  expect(records.reduce((sum, count) => sum + count, 0)).toBe(HUNDREDS);
}, 60_000);

test("no more than one call is made per interval, and the intervals grow", async () => {
  const background = await stage.process({ pauses: { shortest: 400, longest: 60_000 } });
  await stage.confirmed([await stage.wish(background, stage.ann), await stage.wish(background, stage.bob)]);
  const times: number[] = [];
  const failing = stage.gate.answer((request) => written(request) && times.push(performance.now()) > 0, {
    status: 503,
  });
  await isWaiting(await stage.wish(background, stage.ann));
  for (let n = 0; n < 20; n += 1) await stage.wish(background, stage.bob);
  await until("it has been tried four times", () => failing.caught >= 4, { within: 15_000 });
  const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
  // Each at least half of 400 ms, doubled each time.
  gaps.forEach((gap, at) => {
    expect(gap).toBeGreaterThanOrEqual(200 * 2 ** at);
  });
});

test("a host that is away is named in health and log, and what is accepted meanwhile says so from the first moment; others go on", async () => {
  const background = await stage.process({ pauses: { shortest: 2_000, longest: 2_000 } });
  await stage.confirmed([await stage.wish(background, stage.ann), await stage.wish(background, stage.bob)]);
  await stage.gate.shut();
  const ann = await stage.wish(background, stage.ann);
  await isWaiting(ann);
  const host = new URL(stage.gate.url).host;
  expect(await hostsOnHold(stage.db)).toEqual({ away: [host], slowed: [] });
  expect(stage.log.map(({ fields }) => fields)).toContainEqual(
    expect.objectContaining({ host, cause: "away" }),
  );
  const bob = await stage.wish(background, stage.bob);
  const [row, eve] = [await stage.row(bob), await stage.wish(background, stage.eve)];
  expect(row.state).toBe("waiting");
  expect(row.reason).toMatch(AWAY);
  await stage.confirmed([eve]);
  expect((await stage.row(ann)).state).toBe("waiting");
  await stage.gate.open();
  await stage.confirmed([ann, bob]);
  await until("it is said", () => stage.log.some(({ message }) => message.startsWith("a hold is over")));
  await until("nothing is held", async () => (await hostsOnHold(stage.db)).away.length === 0);
});

test("what one process has found out holds for the others, and whichever is left tries and lets go on", async () => {
  const options = { docketUrl: redis.url, docketName: "two", pauses: { shortest: 500, longest: 500 } };
  const [one, other] = [await stage.process(options), await stage.process(options)];
  await stage.confirmed([await stage.wish(one, stage.ann)]);
  const failing = stage.gate.answer(put, { status: 503 });
  const id = await stage.wish(one, stage.ann);
  await isWaiting(id);
  expect(await other.heldNow(stage.ann.did)).toMatchObject({ scope: "host", cause: "away" });
  const caught = failing.caught;
  await one.stop({ drain: 0 });
  const more = await stage.wish(other, stage.ann);
  await until("the other has tried it", () => failing.caught > caught);
  failing.remove();
  await stage.confirmed([id, more]);
  expect(await other.heldNow(stage.ann.did)).toBeUndefined();
});

test("a try whose person must sign in says nothing of the host: another is tried", async () => {
  const background = await stage.process({ pauses: { shortest: 300, longest: 300 } });
  await stage.confirmed([await stage.wish(background, stage.ann), await stage.wish(background, stage.bob)]);
  await stage.gate.shut();
  const ids = [await stage.wish(background, stage.ann), await stage.wish(background, stage.bob)];
  for (const id of ids) await isWaiting(id);
  // Before the way is free: the first to come through is to meet it.
  const refused = stage.gate.answer(put, { status: 401, body: { error: "InvalidToken" } }, { times: 1 });
  await stage.gate.open();
  await until("the first of both may not", () => refused.caught === 1);
  await until("the other is written", async () => {
    const rows = await Promise.all(ids.map((id) => stage.row(id)));
    return (
      rows
        .map(({ state }) => state)
        .sort()
        .join() === "confirmed,needs-sign-in"
    );
  });
});
