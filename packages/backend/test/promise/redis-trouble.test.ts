import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { until, xrpc, type Visitor } from "@plyr/dev";
import { Docket } from "@plyr/docket";
import type { Serving } from "./serving.js";
import { likeReply, percentiles, setStage, type Stage, type Track } from "./stage.js";

const LIMIT = 120_000;
const FALLBACK = "docket scheduling failed, falling back to asyncio";

let stage: Stage;
let serving: Serving;
let visitor: Visitor;

beforeAll(async () => {
  stage = await setStage({ tracks: 12 });
  serving = await stage.serve();
  visitor = await stage.signIn(serving);
});
afterEach(() => {
  stage.gate.clear();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const path = ({ id }: Track): string => `/tracks/${String(id)}/like`;

async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

/** Likes and unlikes each of these tracks and likes it again; gives how long each request took. */
async function actOn(tracks: readonly Track[]): Promise<number[]> {
  const times: number[] = [];
  for (const track of tracks) {
    times.push(await timed(() => visitor.post(path(track))));
    times.push(await timed(() => visitor.delete(path(track))));
    times.push(await timed(() => visitor.post(path(track))));
  }
  return times;
}

test("Redis flushed while likes wait in it: they are on the PDS within two minutes", async () => {
  const tracks = stage.tracks.slice(6, 12);
  const putting = xrpc("com.atproto.repo.putRecord");
  const docket = await Docket.open({ url: stage.redis.url, name: "plyr", tasks: [], services: {} });
  const [first] = tracks;
  if (first === undefined) throw new Error("tracks were set up");
  // The first is at the PDS, the one behind it waits for its turn, and others are put off by an outage.
  const heldBack = stage.gate.holdRequest((request) => putting(request) && request.body.includes(first.uri));
  const rule = stage.gate.answer((request) => putting(request) && !request.body.includes(first.uri), {
    status: 503,
  });
  for (const track of tracks) await visitor.post(path(track));
  await visitor.delete(path(first));
  const again = likeReply.parse((await visitor.post(path(first))).json());
  const request = await heldBack;
  // One of those that are put off may be asking the PDS again at the moment.
  await until("the others are put off, and two wait behind the first", async () => {
    const { delayed, held, running, blocked } = await docket.snapshot();
    return delayed + held >= tracks.length - 1 && running === 1 && blocked === 2;
  });

  await stage.redis.flush();
  expect(await docket.snapshot()).toMatchObject({ running: 0, blocked: 0, delayed: 0, held: 0, tasks: {} });
  await docket.close();
  rule.remove();
  request.forward();

  const took = await stage.agreed(visitor, { within: LIMIT });
  console.info(`Redis flushed: database and PDS agree after ${(took / 1000).toFixed(1)} s`);
  const records = await stage.likesOnPds();
  expect(records.length).toBe(tracks.length);
  expect(records.filter(({ value }) => value.subject.uri === first.uri).map(({ uri }) => uri)).toEqual([
    again.write?.uri,
  ]);
  for (const track of tracks) await visitor.delete(path(track));
  await stage.agreed(visitor, { within: LIMIT });
}, 240_000);

describe.each([
  { trouble: "stopped", begin: () => stage.redis.stop(), end: () => stage.redis.restart(), tracks: [0, 3] },
  {
    trouble: "hung",
    begin: () => {
      stage.redis.pause();
      return Promise.resolve();
    },
    end: () => {
      stage.redis.resume();
      return Promise.resolve();
    },
    tracks: [3, 6],
  },
])("Redis $trouble", ({ trouble, begin, end, tracks: [from, to] }) => {
  test("requests are answered as always, work goes on in process, and afterwards database and PDS agree (incident 8)", async () => {
    const tracks = stage.tracks.slice(from, to);
    const healthy = percentiles(await actOn(tracks));
    await stage.agreed(visitor, { within: 30_000 });
    for (const track of tracks) await visitor.delete(path(track));
    await stage.agreed(visitor, { within: 30_000 });

    const fallbacks = serving.logged(FALLBACK);
    await begin();
    const troubled = percentiles(await actOn(tracks));
    const during = await stage.agreed(visitor, { within: LIMIT });
    await until(
      "health tells it",
      async () => (await serving.health()).docket.mode === "docket unreachable, running in process",
    );
    expect(serving.logged(FALLBACK)).toBeGreaterThan(fallbacks);
    expect((await stage.likesOnPds()).length).toBe(tracks.length);

    await end();
    await until("docket is back", async () => (await serving.health()).docket.mode === "docket", {
      within: 30_000,
    });
    for (const track of tracks) await visitor.delete(path(track));
    const after = await stage.agreed(visitor, { within: LIMIT });
    console.info(
      `Redis ${trouble}: requests p95 ${healthy.p95.toFixed(0)} ms healthy, ${troubled.p95.toFixed(0)} ms without Redis; ` +
        `agreed ${(during / 1000).toFixed(1)} s into the outage, ${(after / 1000).toFixed(1)} s after it`,
    );
    expect(await stage.likesOnPds()).toEqual([]);
    // A request that waited for Redis would take its time limit of 1 s.
    expect(troubled.p95).toBeLessThan(500);
  }, 240_000);
});
