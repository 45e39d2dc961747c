import type { AtpAgent } from "@atproto/api";
import { startRedis, until, xrpc, type Redis } from "@plyr/dev";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { adoptTrack } from "../../src/tracks/adopt-track.js";
import { makeAudio } from "../tracks/audio.js";
import { collections, setStage, type Stage } from "../tracks/stage.js";
import { auditing, placeOf, type Auditing } from "./auditing.js";

let stage: Stage;
let redis: Redis;
let ours: Auditing;
let listener: AtpAgent;
let artist: AtpAgent;

beforeAll(async () => {
  redis = await startRedis();
  stage = await setStage("folder", { DOCKET_URL: redis.url });
  ours = auditing(stage, redis.url, await makeAudio("mp3", 1));
  listener = await ours.elsewhere(stage.listener);
  artist = await ours.elsewhere(stage.artist);
});
afterEach(async () => {
  stage.gate.clear();
  await ours.quiet();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await redis.close();
});

const list = xrpc("com.atproto.repo.listRecords");

async function contentOf(agent: AtpAgent, uri: string): Promise<Record<string, unknown> | null> {
  const { repo, collection } = placeOf(uri);
  const { data } = await agent.com.atproto.repo.listRecords({ repo, collection, limit: 100 });
  return data.records.find((record) => record.uri === uri)?.value ?? null;
}

/** What of it is there to be repaired. */
async function faults(): Promise<string[]> {
  const { code, findings } = await ours.audit();
  expect(code).toBe(findings.some(({ repair }) => repair === "needed") ? 1 : 0);
  return findings.flatMap(({ kind, uri, repair }) => (repair === "needed" ? [`${kind} ${uri ?? ""}`] : []));
}

/** Repairs, and waits until it has been carried out. */
async function repair(): Promise<void> {
  const { code, findings } = await ours.audit("--repair");
  expect([code, findings.some(({ repair }) => repair === "accepted")]).toEqual([0, true]);
  await ours.quiet();
}

test("what is as it should be is not mentioned, and the audit ends with 0", async () => {
  const trackId = await ours.track("Well");
  await ours.like(trackId);
  await ours.comment(trackId, "well said");
  // The list of what they like follows a little later.
  await ours.quiet();
  expect(await ours.audit()).toEqual({ code: 0, findings: [] });
  expect(await ours.told()).toBe("Everything is as it should be.\n");
});

test("what a person removed at their PDS goes here too, when it is to be repaired", async () => {
  const trackId = await ours.track("Removed elsewhere");
  const like = await ours.like(trackId);
  const comment = await ours.comment(trackId, "to be removed elsewhere");
  await listener.com.atproto.repo.deleteRecord(placeOf(like));
  await listener.com.atproto.repo.deleteRecord(placeOf(comment.uri));

  expect((await faults()).sort()).toEqual([`missing ${like}`, `missing ${comment.uri}`].sort());
  expect((await ours.likeOf(trackId)).liked).toBe(true);
  expect(await ours.told()).toContain(`missing: ${like}: its owner has removed it`);

  const writes = stage.gate.passages.length;
  await repair();
  expect(await ours.likeOf(trackId)).toEqual({ liked: false, write: null });
  expect(await ours.commentsOn(trackId)).toEqual([]);
  // Nothing was to be written for it: the person may have taken our permission away as well.
  expect(stage.gate.passages.slice(writes).filter(({ request }) => request.method === "POST")).toEqual([]);
});

test("a track that its artist removed at their PDS goes with all that refers to it", async () => {
  const trackId = await ours.track("Withdrawn elsewhere");
  const like = await ours.like(trackId);
  const { uri } = await stage.db
    .selectFrom("tracks")
    .innerJoin("pds_records as record", "record.id", "tracks.record_id")
    .select(sql<string>`'at://' || did || '/' || collection || '/' || rkey`.as("uri"))
    .where("tracks.id", "=", trackId)
    .executeTakeFirstOrThrow();
  await artist.com.atproto.repo.deleteRecord(placeOf(uri));

  expect(await faults()).toEqual([`missing ${uri}`]);
  await repair();
  expect((await stage.listener.browser.get(`/tracks/${String(trackId)}/like`)).status).toBe(404);
  expect(await contentOf(listener, like)).toBeNull();
});

test("what says something else than we wrote is written again, as it was", async () => {
  const trackId = await ours.track("Rewritten elsewhere");
  const { uri } = await ours.comment(trackId, "as I said");
  const before = await contentOf(listener, uri);
  const record = { ...before, text: "as they would have it" };
  await listener.com.atproto.repo.putRecord({ ...placeOf(uri), record });

  expect(await faults()).toEqual([`different ${uri}`]);
  await repair();
  expect(await contentOf(listener, uri)).toEqual(before);
});

test("what we made and took back, and what a late write left there all the same, is taken away", async () => {
  const trackId = await ours.track("Orphaned");
  const uri = await ours.like(trackId);
  const record = (await contentOf(listener, uri)) ?? {};
  await stage.listener.browser.delete(`/tracks/${String(trackId)}/like`);
  await ours.quiet();
  await listener.com.atproto.repo.putRecord({ ...placeOf(uri), record });

  expect(await faults()).toEqual([`orphan ${uri}`]);
  await repair();
  expect(await contentOf(listener, uri)).toBeNull();
});

test("of two records of ours for one thing, the one that nothing stands for is taken away", async () => {
  const trackId = await ours.track("Liked twice");
  const first = await ours.like(trackId);
  await stage.db.deleteFrom("likes").where("track_id", "=", trackId).execute();
  const second = await ours.like(trackId);

  expect(await faults()).toEqual([`duplicate ${first}`]);
  await repair();
  expect(await contentOf(listener, first)).toBeNull();
  expect(await contentOf(listener, second)).not.toBeNull();
});

test("what was accepted and is on its way is no fault; what nothing carries any more is, and is carried on", async () => {
  const trackId = await ours.track("On its way");
  // As a PDS answers that certainly has not done it: nothing can arrive late.
  const later = { status: 429, headers: { "retry-after": "1" }, body: { error: "RateLimitExceeded" } };
  stage.gate.answer(xrpc("com.atproto.repo.putRecord"), later);
  await stage.listener.browser.post(`/tracks/${String(trackId)}/like`);
  const waiting = await until("the like waits", async () => {
    const { write } = await ours.likeOf(trackId);
    return write?.state === "waiting" && write;
  });
  const { code, findings } = await ours.audit();
  expect([code, new Set(findings.map(({ kind }) => kind))]).toEqual([0, new Set(["on its way"])]);
  expect(findings).toContainEqual(expect.objectContaining({ uri: waiting.uri, repair: "none" }));

  const { rkey } = placeOf(waiting.uri);
  const { id } = await stage.db
    .updateTable("pds_records")
    .set({ state_since: sql`now() - interval '2 minutes'` })
    .where("rkey", "=", rkey)
    .returning("id")
    .executeTakeFirstOrThrow();
  await stage.db
    .deleteFrom("intents")
    .where(sql<boolean>`payload ->> 'recordId' = ${id}`)
    .execute();
  expect(await faults()).toEqual([`stuck ${waiting.uri}`]);
  stage.gate.clear();
  // The list of what they like is carried by an intent of its own.
  await until("nothing else is to be done", async () => (await ours.audit()).findings.length === 1);
  await repair();
  expect((await ours.likeOf(trackId)).write).toMatchObject({ state: "confirmed", uri: waiting.uri });
});

test("what we did not make is reported and never touched", async () => {
  const trackId = await ours.track("Liked elsewhere");
  const record = (await contentOf(listener, await ours.like(trackId))) ?? {};
  const { data } = await listener.com.atproto.repo.createRecord({
    repo: stage.listener.account.did,
    collection: collections.like,
    record,
  });
  const foreign = [{ did: stage.listener.account.did, kind: "foreign", uri: data.uri, repair: "none" }];
  expect(await ours.audit("--repair")).toMatchObject({ code: 0, findings: foreign });
  expect(await contentOf(listener, data.uri)).not.toBeNull();
  await listener.com.atproto.repo.deleteRecord(placeOf(data.uri));
});

test("what was there before we knew of it, and what others may write too, is never written over", async () => {
  const { did, handle } = stage.artist.account;
  const adopted = { repo: did, collection: collections.track, rkey: "adopted" };
  const profile = { repo: did, collection: collections.profile, rkey: "self" };
  const title = (words: string) => ({ $type: collections.track, title: words });
  const { data } = await artist.com.atproto.repo.putRecord({ ...adopted, record: title("Theirs") });
  const { id } = await adoptTrack(stage.db, {
    artist: { did, handle, displayName: null },
    track: { title: "Theirs", fileType: "mp3", duration: 9, audioUrl: "http://localhost/audio" },
    record: { ...adopted, content: title("Theirs"), cid: data.cid },
  });
  const gone = { wish: null, confirmed_version: 1, state: "confirmed" as const };
  await stage.db
    .insertInto("pds_records")
    .values({ did, collection: profile.collection, rkey: "self", ...gone })
    // Their sign-in has made one.
    .onConflict((conflict) => conflict.columns(["did", "collection", "rkey"]).doUpdateSet(gone))
    .execute();
  await artist.com.atproto.repo.putRecord({ ...adopted, record: title("Theirs, changed") });
  await artist.com.atproto.repo.putRecord({
    ...profile,
    record: { $type: profile.collection, bio: "mine" },
  });

  const { code, findings } = await ours.audit("--repair");
  expect([code, findings.map(({ kind, uri }) => `${kind} ${uri ?? ""}`).sort()]).toEqual([
    0,
    [profile, adopted].map(({ collection, rkey }) => `foreign at://${did}/${collection}/${rkey}`),
  ]);

  await artist.com.atproto.repo.deleteRecord(profile);
  await artist.com.atproto.repo.deleteRecord(adopted);
  await repair();
  expect((await stage.listener.browser.get(`/tracks/${String(id)}/like`)).status).toBe(404);
});

test("somebody whose PDS is away is reported as not audited, which is not taken for all being well", async () => {
  await stage.gate.shut();
  const { code, findings } = await ours.audit().finally(() => stage.gate.open());
  expect(code).toBe(1);
  // A list may still be following what was done before.
  const faults = findings.filter(({ kind }) => kind !== "on its way");
  expect(faults.map(({ did, kind }) => `${did} ${kind}`).sort()).toEqual(
    [stage.artist, stage.listener].map(({ account }) => `${account.did} not audited`).sort(),
  );
  expect((await ours.audit("--did", stage.artist.account.did)).code).toBe(0);
});

test("what a person does while they are audited is not taken for a fault, and not repaired", async () => {
  const trackId = await ours.track("Meanwhile");
  await ours.like(trackId);
  const held = stage.gate.holdRequest(
    (request) =>
      list(request) &&
      request.query.get("collection") === collections.like &&
      request.query.get("repo") === stage.listener.account.did,
  );
  const auditing = ours.audit("--repair");
  const request = await held;
  await stage.listener.browser.delete(`/tracks/${String(trackId)}/like`);
  await until("the like is gone", async () => (await ours.likeOf(trackId)).write === null);
  request.forward();
  expect(await auditing).toEqual({ code: 0, findings: [] });
});
