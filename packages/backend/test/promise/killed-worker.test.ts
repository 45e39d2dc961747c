import { afterAll, beforeAll, expect, test } from "vitest";
import { until, xrpc, type GateRequest, type Visitor } from "@plyr/dev";
import { sql, type Kysely } from "kysely";
import type { Schema } from "../../src/database/schema.js";
import type { Serving } from "./serving.js";
import { likeReply, setStage, type Stage, type Track } from "./stage.js";

// What the promise allows after a crash.
const LIMIT = 120_000;

let stage: Stage;
let db: Kysely<Schema>;
let worker: Serving;
let visitor: Visitor;

beforeAll(async () => {
  stage = await setStage({ tracks: 9 });
  if (stage.db === undefined) throw new Error("these tests look into Postgres");
  db = stage.db;
  visitor = await stage.signIn(await stage.serve("api"));
  worker = await stage.serve("worker");
  // A process's first call to a PDS is answered with a nonce, and sent again: not what these tests are to hold.
  await like(track(8));
  await stage.agreed(visitor, { within: 20_000 });
  await visitor.delete(path(track(8)));
  await stage.agreed(visitor, { within: 20_000 });
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const path = ({ id }: Track): string => `/tracks/${String(id)}/like`;
const put = xrpc("com.atproto.repo.putRecord");
const remove = xrpc("com.atproto.repo.deleteRecord");

function track(number: number): Track {
  const found = stage.tracks[number];
  if (found === undefined) throw new Error(`there is no track ${String(number)}`);
  return found;
}

/** The put of the like of this track. */
const putOf =
  (liked: Track) =>
  (request: GateRequest): boolean =>
    put(request) && request.body.includes(`"${liked.uri}"`);
const removalOf =
  (uri: string) =>
  (request: GateRequest): boolean =>
    remove(request) && request.body.includes(`"${uri.split("/").at(-1) ?? ""}"`);

async function like(liked: Track): Promise<string> {
  const { write } = likeReply.parse((await visitor.post(path(liked))).json());
  if (write === null) throw new Error("a like has a write");
  return write.uri;
}

async function recordOf(liked: Track): Promise<{ state: string }> {
  return db
    .selectFrom("likes")
    .innerJoin("pds_records", "pds_records.id", "likes.record_id")
    .select("pds_records.state")
    .where("likes.track_id", "=", liked.id)
    .executeTakeFirstOrThrow();
}

/** Keeps the outcome of a record's write from being recorded, from now until the returned function is called. */
async function lockRow(uri: string): Promise<() => Promise<void>> {
  const locked = Promise.withResolvers<undefined>();
  const release = Promise.withResolvers<undefined>();
  const held = db.transaction().execute(async (tx) => {
    await tx
      .selectFrom("pds_records")
      .select("id")
      .where("rkey", "=", uri.split("/").at(-1) ?? "")
      .forUpdate()
      .execute();
    locked.resolve(undefined);
    await release.promise;
  });
  await Promise.race([locked.promise, held]);
  return async () => {
    release.resolve(undefined);
    await held;
  };
}

/** Resolves when somebody waits for a lock that another holds. */
async function somebodyWaits(): Promise<void> {
  await until("the worker waits to record the outcome", async () => {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from pg_stat_activity
      where wait_event_type = 'Lock' and datname = current_database()`.execute(db);
    return (rows[0]?.count ?? 0) > 0;
  });
}

test("a worker killed before, during and after the PDS call of likes: each is on the PDS once, within two minutes", async () => {
  const [before, during, lost, recorded] = [track(0), track(1), track(2), track(3)];

  const heldBefore = stage.gate.holdRequest(putOf(before));
  const heldDuring = stage.gate.holdRequest(putOf(during));
  const heldLost = stage.gate.holdAnswer(putOf(lost));
  const heldRecorded = stage.gate.holdAnswer(putOf(recorded));
  await Promise.all([like(before), like(during), like(lost)]);
  const recordedUri = await like(recorded);

  const [requestBefore, requestDuring, answerLost, answerRecorded] = await Promise.all([
    heldBefore,
    heldDuring,
    heldLost,
    heldRecorded,
  ]);
  expect([answerLost.status, answerRecorded.status]).toEqual([200, 200]);
  const unlock = await lockRow(recordedUri);
  answerRecorded.release();
  await somebodyWaits();

  await worker.program.kill();
  // Never reached the PDS; reaches it when nobody waits for the answer any more; was done there, and the answer is lost.
  requestBefore.drop();
  requestDuring.forward();
  answerLost.drop();
  await unlock();

  worker = await stage.serve("worker");
  const took = await stage.agreed(visitor, { within: LIMIT });
  console.info(`likes after the kill: database and PDS agree after ${(took / 1000).toFixed(1)} s`);
  const subjects = (await stage.likesOnPds()).map(({ value }) => value.subject.uri);
  expect(subjects.sort()).toEqual([before, during, lost, recorded].map(({ uri }) => uri).sort());
}, 180_000);

test("a worker killed before, during and after the PDS call of unlikes: none is left, within two minutes", async () => {
  const tracks = [track(4), track(5), track(6), track(7)];
  const uris = await Promise.all(tracks.map(like));
  await stage.agreed(visitor, { within: 20_000 });
  const [before = "", during = "", lost = "", recorded = ""] = uris;

  const heldBefore = stage.gate.holdRequest(removalOf(before));
  const heldDuring = stage.gate.holdRequest(removalOf(during));
  const heldLost = stage.gate.holdAnswer(removalOf(lost));
  const heldRecorded = stage.gate.holdAnswer(removalOf(recorded));
  await Promise.all(tracks.map((unliked) => visitor.delete(path(unliked))));
  const [requestBefore, requestDuring, answerLost, answerRecorded] = await Promise.all([
    heldBefore,
    heldDuring,
    heldLost,
    heldRecorded,
  ]);
  const unlock = await lockRow(recorded);
  answerRecorded.release();
  await somebodyWaits();

  await worker.program.kill();
  requestBefore.drop();
  requestDuring.forward();
  answerLost.drop();
  await unlock();

  worker = await stage.serve("worker");
  const took = await stage.agreed(visitor, { within: LIMIT });
  console.info(`unlikes after the kill: database and PDS agree after ${(took / 1000).toFixed(1)} s`);
  const left = (await stage.likesOnPds()).map(({ uri }) => uri);
  expect(left.filter((uri) => uris.includes(uri))).toEqual([]);
}, 180_000);

test("a worker that is told to end finishes what it has begun, and takes nothing new", async () => {
  const [begun, waiting] = [track(0), track(1)];
  await Promise.all([begun, waiting].map((liked) => visitor.delete(path(liked))));
  await stage.agreed(visitor, { within: 60_000 });

  const held = stage.gate.holdAnswer(putOf(begun));
  await like(begun);
  const answer = await held;
  const ended = worker.program.stop();
  await until("the worker drains", () => worker.logged("stopping") === 1);
  await like(waiting);
  answer.release();
  await ended;
  expect(worker.program.exitCode).toBe(0);
  const written = async () => (await stage.likesOnPds()).map(({ value }) => value.subject.uri);
  expect(await written()).not.toContain(waiting.uri);
  expect((await recordOf(begun)).state).toBe("confirmed");

  worker = await stage.serve("worker");
  await stage.agreed(visitor, { within: 60_000 });
  expect(await written()).toContain(waiting.uri);
}, 180_000);
