import { until } from "@plyr/dev";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { gatherCrowds } from "../../src/tasks/gather-crowds.js";
import { RecordWriter } from "../../src/monitoring/record-writer.js";
import { EngineTrace } from "../../src/tracing/engine-trace.js";
import { tracedHandingOver } from "../../src/tracing/handing-over.js";
import { tracedTogether } from "../../src/tracing/together.js";
import { Tracing } from "../../src/tracing/tracing.js";
import { setStage, type Stage } from "../records/stage.js";
import { allDone, callsSince, findAll, likeMany, rowsOf, writesOf } from "./crowd.js";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

let stage: Stage;
/** Writes when it is told to. */
const writer = new RecordWriter({ log, interval: 3_600_000 });
const tracing = new Tracing({ resource: {}, perSecond: 100, processors: [writer] });

beforeAll(async () => {
  stage = await setStage({
    trace: {
      engine: new EngineTrace(tracing),
      handingOver: tracedHandingOver(tracing),
      together: tracedTogether(tracing),
    },
  });
});
afterEach(() => {
  stage.gate.clear();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

test("four hundred open likes are two calls, in the order in which they were asked for", async () => {
  const tracks = await likeMany(stage, 400);
  const from = stage.gate.passages.length;
  await findAll(stage);
  await allDone(stage);
  const { batches, puts } = callsSince(stage.gate, from);
  expect(puts).toEqual([]);
  expect(batches.map((passage) => writesOf(passage).length)).toEqual([200, 200]);
  const rows = await rowsOf(stage, tracks);
  expect(batches.flatMap(writesOf).map(({ rkey }) => rkey)).toEqual(rows.map(({ rkey }) => rkey));
  const there = await stage.everyLike();
  expect(rows.filter(({ rkey, confirmed_cid }) => there.get(rkey) === confirmed_cid)).toHaveLength(400);
  expect(there.size).toBe(400);
});

test("a crowd that no queue knows is left to one task; what is few goes by itself", async () => {
  await likeMany(stage, 12);
  const dying = await stage.dyingComments();
  for (let count = 0; count < 3; count += 1) {
    const { id } = await stage.newTrack();
    await dying.add(stage.listener, id, { text: `few ${String(count)}`, timestampMs: 0 });
  }
  const { db, background } = stage;
  const lost = await db
    .selectFrom("intents")
    .select(["id", "task", "payload", "traceparent"])
    .where("state", "=", "open")
    .execute();
  const from = stage.gate.passages.length;
  const single = await gatherCrowds({ db, outbox: background.outbox }, lost);
  expect(lost).toHaveLength(15);
  expect(single).toHaveLength(3);
  await findAll(stage);
  await allDone(stage);
  const { batches, puts } = callsSince(stage.gate, from);
  expect(batches.map((passage) => writesOf(passage).length)).toEqual([12]);
  expect(puts).toHaveLength(3);
});

test("a request for many is a span with a link to each trace in which one of them was accepted", async () => {
  const likes = await stage.dyingLikes();
  const tracks = [];
  for (let index = 0; index < 40; index += 1) {
    const track = await stage.newTrack();
    tracks.push(track);
    const attributes = { track: String(track.id) };
    await tracing.within("asked for", { attributes }, () => likes.like(stage.listener, track.id), {
      decided: true,
    });
  }
  const from = stage.gate.passages.length;
  await findAll(stage);
  await allDone(stage);
  writer.start(stage.db);
  while (writer.waiting > 0) await writer.round();
  await writer.stop();

  const { rows: asked } = await sql<{ trace: string; track: string }>`
    select trace_id as trace, attributes ->> 'track' as track from records where span_name = 'asked for'
  `.execute(stage.db);
  const traceOf = new Map(asked.map(({ track, trace }) => [Number(track), trace]));
  const rows = await rowsOf(stage, tracks);
  const byKey = new Map(rows.map(({ rkey, track_id }) => [rkey, traceOf.get(track_id)]));
  const { batches } = callsSince(stage.gate, from);
  const expected = batches.map((passage) =>
    writesOf(passage)
      .map(({ rkey }) => byKey.get(rkey))
      .sort(),
  );
  expect(expected.flat().length).toBeGreaterThan(20);
  const { rows: requests } = await sql<{ links: string[]; run: string }>`
    select request.attributes -> 'links' as links, run.span_name as run
    from records request join records run on run.span_id = request.parent_span_id
    where request.span_name = 'PDS records in one request'
    order by request.start_timestamp desc limit ${batches.length}
  `.execute(stage.db);
  const told = requests.reverse().map(({ links, run }) => ({ run, links: links.sort() }));
  expect(told).toEqual(expected.map((links) => ({ run: "PDS records together", links })));
});

test("one like by itself is one put, and so are a few", async () => {
  const from = stage.gate.passages.length;
  const [track] = await likeMany(stage, 1, stage.likes);
  if (track !== undefined) await stage.settled(track);
  await likeMany(stage, 5);
  await findAll(stage);
  await allDone(stage);
  const { batches, puts } = callsSince(stage.gate, from);
  expect(batches).toEqual([]);
  expect(puts).toHaveLength(6);
});

test("likes and their taking back go together: created, deleted, and nothing of what was never sent", async () => {
  const old = await likeMany(stage, 15);
  await findAll(stage);
  await allDone(stage);
  const dying = await stage.dyingLikes();
  const fresh = await likeMany(stage, 15, dying);
  for (const track of [...old.slice(0, 10), ...fresh.slice(0, 5)])
    await dying.unlike(stage.listener, track.id);
  const again = old.slice(0, 3);
  for (const track of again) await dying.like(stage.listener, track.id);
  const from = stage.gate.passages.length;
  await findAll(stage);
  await allDone(stage);
  const { batches, puts, removals } = callsSince(stage.gate, from);
  expect([puts, removals]).toEqual([[], []]);
  const kinds = batches.flatMap(writesOf).map(({ $type }) => $type.split("#")[1]);
  expect(kinds.filter((kind) => kind === "delete")).toHaveLength(10);
  expect(kinds.filter((kind) => kind === "create")).toHaveLength(13);
  expect(kinds).toHaveLength(23);
  for (const track of [...old.slice(3, 10), ...fresh.slice(0, 5)])
    expect(await stage.onPds(track)).toEqual([]);
  for (const track of [...again, ...fresh.slice(5)]) expect(await stage.onPds(track)).toHaveLength(1);
});

test("what waited through an outage goes out together when it is over", async () => {
  await stage.gate.shut();
  const tracks = await likeMany(stage, 40, stage.likes);
  await until("all of them say what they wait for", async () =>
    (await rowsOf(stage, tracks)).every(({ state }) => state === "waiting"),
  );
  const from = stage.gate.passages.length;
  await stage.gate.open();
  await allDone(stage);
  const { batches, puts } = callsSince(stage.gate, from);
  expect(puts.length + batches.length).toBeLessThanOrEqual(12);
  expect(batches.flatMap(writesOf).length + puts.length).toBe(40);
  for (const track of tracks) expect(await stage.onPds(track)).toHaveLength(1);
});

test("a like that is asked for while many others wait goes at once, by itself", async () => {
  const waiting = await likeMany(stage, 20);
  await stage.db
    .updateTable("intents")
    .set({ created_at: new Date(Date.now() - 3_600_000), check_at: new Date(Date.now() + 3_600_000) })
    .execute();
  const from = stage.gate.passages.length;
  const track = await stage.newTrack();
  await stage.likes.like(stage.listener, track.id);
  await stage.settled(track, { within: 2_000 });
  expect(callsSince(stage.gate, from).puts).toHaveLength(1);
  expect((await rowsOf(stage, waiting)).every(({ confirmed_version }) => confirmed_version === 0)).toBe(true);
  await findAll(stage);
  await allDone(stage);
});
