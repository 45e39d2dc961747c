import { until, xrpc, type GateRequest } from "@plyr/dev";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { CommentView } from "../../src/comments/comment-view.js";
import { demandValid } from "../../src/records/valid-content.js";
import { collections, recordOf, setStage, TRACK_CID, type Stage, type Track } from "../records/stage.js";

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

const content = z.record(z.string(), z.json());
const put = xrpc("com.atproto.repo.putRecord");
const putOf =
  (text: string) =>
  (request: GateRequest): boolean =>
    put(request) && request.body.includes(text);

function say(track: Track, text: string): Promise<CommentView> {
  return stage.comments.add(stage.listener, track.id, { text, timestampMs: 1_500 });
}

const edit = ({ id }: CommentView, text: string) => stage.comments.edit(stage.listener, id, text);
const takeBack = ({ id }: CommentView) => stage.comments.remove(stage.listener, id);

/** The listener's own comment as the service shows it; undefined when nothing is left of it. */
async function shown(track: Track, id: number): Promise<CommentView | undefined> {
  const views = await stage.comments.on(track.id, stage.listener);
  return views.find((view) => view.id === id);
}

async function settled(track: Track, { id }: CommentView, within?: number): Promise<void> {
  await until(
    `comment ${String(id)} is settled`,
    async () => {
      const view = await shown(track, id);
      return view === undefined || view.write?.state === "confirmed";
    },
    within === undefined ? {} : { within },
  );
}

const texts = async (track: Track): Promise<string[]> =>
  (await stage.commentsOnPds(track)).map(({ value }) => value.text);

test("a comment becomes a record with the fields that were accepted, valid as the PDS gives it back", async () => {
  const track = await stage.newTrack();
  const accepted = await say(track, "that bass");
  expect(accepted).toMatchObject({ text: "that bass", updatedAt: null, write: { state: "writing" } });
  await settled(track, accepted);
  const [record, ...others] = await stage.commentsOnPds(track);
  expect(others).toEqual([]);
  expect(record?.uri).toBe(accepted.write?.uri);
  expect(record?.value).toEqual({
    $type: collections.comment,
    subject: { uri: track.uri, cid: TRACK_CID },
    text: "that bass",
    timestampMs: 1_500,
    createdAt: accepted.createdAt,
  });
  demandValid(collections.comment, content.parse(JSON.parse(JSON.stringify(record?.value))));
});

test("an edit rewrites the record: one record, createdAt kept, updatedAt set; a removal takes it away", async () => {
  const track = await stage.newTrack();
  const accepted = await say(track, "first");
  await settled(track, accepted);
  const edited = await edit(accepted, "second");
  expect(edited).toMatchObject({
    text: "second",
    createdAt: accepted.createdAt,
    write: { state: "writing" },
  });
  await settled(track, accepted);
  const [record, ...others] = await stage.commentsOnPds(track);
  expect(others).toEqual([]);
  expect(record?.uri).toBe(accepted.write?.uri);
  expect(record?.value).toMatchObject({
    text: "second",
    createdAt: accepted.createdAt,
    updatedAt: edited.updatedAt,
  });
  expect(Date.parse(edited.updatedAt ?? "")).toBeGreaterThan(Date.parse(accepted.createdAt));

  expect(await takeBack(accepted)).toMatchObject({ removed: true, text: "", write: { state: "writing" } });
  await settled(track, accepted);
  expect(await stage.commentsOnPds(track)).toEqual([]);
  expect(await shown(track, accepted.id)).toBeUndefined();
  expect(await takeBack(accepted)).toBeNull();
});

test("an edit before the first write is folded into it: one put, and it carries the last text", async () => {
  const track = await stage.newTrack();
  const dying = await stage.dyingComments();
  const before = stage.gate.answered(put);
  const accepted = await dying.add(stage.listener, track.id, { text: "too soon", timestampMs: 0 });
  await dying.edit(stage.listener, accepted.id, "just right");
  await settled(track, accepted);
  await until("no intent is open", async () => (await openIntents()) === 0);
  expect(await texts(track)).toEqual(["just right"]);
  expect(stage.gate.answered(put)).toBe(before + 1);
});

test("a removal before the first write needs no call at all", async () => {
  const track = await stage.newTrack();
  const dying = await stage.dyingComments();
  const before = stage.gate.passages.length;
  const accepted = await dying.add(stage.listener, track.id, { text: "never mind", timestampMs: 0 });
  await dying.remove(stage.listener, accepted.id);
  await settled(track, accepted);
  await until("no intent is open", async () => (await openIntents()) === 0);
  expect(stage.gate.passages.length).toBe(before);
});

test("a burst of edits ends as one record with the last text", async () => {
  const track = await stage.newTrack();
  const accepted = await say(track, "0");
  for (let round = 1; round <= 15; round += 1) await edit(accepted, String(round));
  await until("no intent is open", async () => (await openIntents()) === 0);
  expect(await texts(track)).toEqual(["15"]);
  expect(await recordOf(stage.db, accepted.write?.uri ?? "")).toMatchObject({
    wish_version: 16,
    confirmed_version: 16,
  });
});

test("an edit while the PDS is being asked is carried out after it", async () => {
  const track = await stage.newTrack();
  const standing = stage.gate.holdRequest(put);
  const accepted = await say(track, "before");
  const held = await standing;
  expect(held.request.body).toContain("before");
  await edit(accepted, "after");
  held.forward();
  await until("the last text is there", async () => (await texts(track)).join() === "after");
  await settled(track, accepted);
});

test("a removal while the PDS is being asked leaves nothing", async () => {
  const track = await stage.newTrack();
  const standing = stage.gate.holdRequest(put);
  const accepted = await say(track, "oops");
  const held = await standing;
  await takeBack(accepted);
  held.forward();
  await settled(track, accepted);
  expect(await texts(track)).toEqual([]);
});

test("comments of one person do not wait for one another", async () => {
  const track = await stage.newTrack();
  const standing = stage.gate.holdRequest(putOf("slow one"));
  const slow = await say(track, "slow one");
  const held = await standing;
  const quick = await say(track, "quick one");
  await settled(track, quick);
  expect(await texts(track)).toEqual(["quick one"]);
  held.forward();
  await settled(track, slow);
});

test("an old version that was cut off and arrives after a newer one does not stay", async () => {
  const track = await stage.newTrack();
  const standing = stage.gate.holdRequest(putOf("old words"));
  const accepted = await say(track, "old words");
  const held = await standing;
  await edit(accepted, "new words");
  await until("the new version is on the PDS", async () => (await texts(track)).join() === "new words");
  expect((await shown(track, accepted.id))?.write?.state).not.toBe("confirmed");
  held.forward();
  await until("the old one has arrived late", async () => (await texts(track)).join() === "old words");
  await settled(track, accepted, 20_000);
  expect(await texts(track)).toEqual(["new words"]);
}, 60_000);

test("an old version does not stay either when its retry had long been confirmed", async () => {
  const track = await stage.newTrack();
  const standing = stage.gate.holdRequest(putOf("said once"));
  const accepted = await say(track, "said once");
  const held = await standing;
  await settled(track, accepted, 20_000);
  await edit(accepted, "said anew");
  await until("the new version is on the PDS", async () => (await texts(track)).join() === "said anew");
  held.forward();
  await until("the old one has arrived late", async () => (await texts(track)).join() === "said once");
  await settled(track, accepted, 20_000);
  expect(await texts(track)).toEqual(["said anew"]);
}, 60_000);

test("an old version that arrives after the removal does not stay", async () => {
  const track = await stage.newTrack();
  const accepted = await say(track, "v1");
  await settled(track, accepted);
  const standing = stage.gate.holdRequest(putOf("v2 is late"));
  await edit(accepted, "v2 is late");
  const held = await standing;
  await takeBack(accepted);
  await until("the record is gone", async () => (await texts(track)).length === 0);
  held.forward();
  await until("the old one has arrived late", async () => (await texts(track)).length === 1);
  await settled(track, accepted, 20_000);
  expect(await texts(track)).toEqual([]);
}, 60_000);

test("the same version, written twice because an answer was lost, is confirmed at once", async () => {
  const track = await stage.newTrack();
  stage.gate.loseAnswer(put, { times: 1 });
  const accepted = await say(track, "once is enough");
  // Less than the time for which a cut-off write could still arrive.
  await settled(track, accepted, 5_000);
  expect(await texts(track)).toEqual(["once is enough"]);
});

test("a comment that the PDS refuses is its author's alone to see, with the reason, and can be taken back", async () => {
  const track = await stage.newTrack();
  const refusal = { status: 400, body: { error: "InvalidRequest", message: "no such words" } };
  stage.gate.answer(put, refusal, { times: 1 });
  const accepted = await say(track, "unheard of");
  await until("it has failed", async () => (await shown(track, accepted.id))?.write?.state === "failed");
  expect((await shown(track, accepted.id))?.write?.reason).toContain("no such words");
  expect(await stage.comments.on(track.id, undefined)).toEqual([]);
  await takeBack(accepted);
  await settled(track, accepted);
  expect(await shown(track, accepted.id)).toBeUndefined();
});

async function openIntents(): Promise<number> {
  const open = await stage.db.selectFrom("intents").select("id").where("state", "=", "open").execute();
  return open.length;
}
