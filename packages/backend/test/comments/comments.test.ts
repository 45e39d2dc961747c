import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { MOST_COMMENTS, openComments, type Comments } from "../../src/comments/comments.js";
import { NotTheAuthor, PastTheEnd, TooManyComments, UnknownComment } from "../../src/comments/refusals.js";
import { UnknownTrack } from "../../src/likes/unknown-track.js";
import { collectionsOf } from "../../src/records/collections.js";
import { InvalidRecord } from "../../src/records/valid-content.js";
import { adoptTrack } from "../../src/tracks/adopt-track.js";
import { setStage, type Stage } from "../outbox/stage.js";

const NAMESPACE = "fm.plyr.test";
const TRACK_CID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";
const { track: trackCollection, comment: collection } = collectionsOf(NAMESPACE);
const ana = "did:plc:ana";
const ben = "did:plc:ben";

describe.each(["postgres", "embedded"] as const)("on %s", (kind) => {
  let stage: Stage;
  let comments: Comments;
  let track = 0;
  let tracks = 0;

  beforeAll(async () => {
    stage = await setStage(kind);
    await stage.db
      .insertInto("people")
      .values([
        { did: ana, handle: "ana.test" },
        { did: ben, handle: "ben.test" },
      ])
      .execute();
  });
  beforeEach(async () => {
    // Nothing is carried out here: what a request leaves in the database is the matter.
    const { outbox } = await stage.process({}, false);
    comments = openComments({ db: stage.db, outbox, namespace: NAMESPACE });
    tracks += 1;
    const rkey = `track${String(tracks)}`;
    ({ id: track } = await adoptTrack(stage.db, {
      artist: { did: "did:plc:artist", handle: "artist.test", displayName: "Artist" },
      track: { title: rkey, fileType: "wav", duration: 9, audioUrl: "http://localhost/audio" },
      record: { collection: trackCollection, rkey, content: { title: rkey }, cid: TRACK_CID },
    }));
  });
  afterEach(async () => {
    await stage.endProcesses();
    await stage.db.deleteFrom("intents").execute();
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  const intents = () => stage.db.selectFrom("intents").selectAll().execute();
  const say = (did: string, text: string, timestampMs = 0) => comments.add(did, track, { text, timestampMs });
  const recordAt = (uri: string) =>
    stage.db
      .selectFrom("pds_records")
      .selectAll()
      .where("rkey", "=", uri.split("/").at(-1) ?? "")
      .executeTakeFirstOrThrow();

  test("a comment is a row, a wish with its rkey and time, and an intent that carries ids only", async () => {
    const view = await say(ana, "hello", 2_000);
    const record = await recordAt(view.write?.uri ?? "");
    expect(record).toMatchObject({
      did: ana,
      collection,
      wish: {
        $type: collection,
        subject: { uri: `at://did:plc:artist/${trackCollection}/track${String(tracks)}`, cid: TRACK_CID },
        text: "hello",
        timestampMs: 2_000,
        createdAt: view.createdAt,
      },
      wish_version: 1,
      may_exist: false,
      sent_at: null,
    });
    expect(record.wish).not.toHaveProperty("updatedAt");
    expect(view).toEqual({
      id: view.id,
      author: { did: ana, handle: "ana.test" },
      text: "hello",
      timestampMs: 2_000,
      createdAt: record.accepted_at.toISOString(),
      updatedAt: null,
      removed: false,
      write: {
        state: "writing",
        uri: `at://${ana}/${collection}/${record.rkey}`,
        reason: null,
        since: record.state_since.toISOString(),
      },
    });
    const about = `comment:${String(view.id)}`;
    expect(await intents()).toMatchObject([
      {
        task: "pds.record.write",
        subject: `record:${ana}:${about}`,
        payload: { recordId: record.id, did: ana, about },
      },
    ]);
  });

  test("everybody reads comments in the order of the moments they are about; the state is their author's", async () => {
    const late = await say(ana, "late", 8_000);
    const early = await say(ben, "early", 1_000);
    const same = await say(ana, "same moment", 1_000);
    const seen = (viewer: string | undefined) => comments.on(track, viewer);
    expect((await seen(undefined)).map(({ id }) => id)).toEqual([early.id, same.id, late.id]);
    expect((await seen(undefined)).map(({ write }) => write)).toEqual([null, null, null]);
    expect(await seen(ana)).toEqual([{ ...early, write: null }, same, late]);
  });

  test("an edit is a new version of the same record, in the order of its subject; the same text is none", async () => {
    const view = await say(ana, "one");
    const edited = await comments.edit(ana, view.id, "two");
    expect(edited).toMatchObject({ id: view.id, text: "two", createdAt: view.createdAt });
    expect(edited.write?.uri).toBe(view.write?.uri);
    const record = await recordAt(view.write?.uri ?? "");
    expect(record).toMatchObject({
      wish_version: 2,
      wish: { text: "two", createdAt: view.createdAt, updatedAt: edited.updatedAt },
    });
    expect(new Set((await intents()).map(({ subject }) => subject)).size).toBe(1);
    expect(await intents()).toHaveLength(2);
    expect(await comments.edit(ana, view.id, "two")).toEqual(edited);
    expect(await intents()).toHaveLength(2);
  });

  test("what is taken back is nobody's to read any more: not even the row has the words", async () => {
    const view = await say(ana, "regrets");
    expect(await comments.remove(ana, view.id)).toMatchObject({ id: view.id, text: "", removed: true });
    expect(await comments.on(track, ben)).toEqual([]);
    expect(await comments.on(track, ana)).toMatchObject([{ id: view.id, removed: true }]);
    expect(JSON.stringify(await stage.db.selectFrom("comments").selectAll().execute())).not.toContain(
      "regrets",
    );
    expect((await recordAt(view.write?.uri ?? "")).wish).toBeNull();
    await comments.remove(ana, view.id);
    expect(await intents()).toHaveLength(2);
    await expect(comments.edit(ana, view.id, "again")).rejects.toThrow(UnknownComment);
  });

  test("a removal that was given up is tried again when it is asked for again", async () => {
    const view = await say(ana, "sticky");
    await comments.remove(ana, view.id);
    const { id } = await recordAt(view.write?.uri ?? "");
    await stage.db.updateTable("pds_records").set({ state: "failed" }).where("id", "=", id).execute();
    expect(await comments.remove(ana, view.id)).toMatchObject({ write: { state: "writing" } });
    expect(await intents()).toHaveLength(3);
  });

  test("only the author changes or removes a comment", async () => {
    const view = await say(ana, "mine");
    await expect(comments.edit(ben, view.id, "yours")).rejects.toThrow(NotTheAuthor);
    await expect(comments.remove(ben, view.id)).rejects.toThrow(NotTheAuthor);
    expect(await comments.on(track, ana)).toEqual([view]);
    await comments.remove(ana, view.id);
    await expect(comments.remove(ben, view.id)).rejects.toThrow(UnknownComment);
    await expect(comments.edit(ana, 999_999, "nothing")).rejects.toThrow(UnknownComment);
    await expect(comments.remove(ana, 999_999)).rejects.toThrow(UnknownComment);
  });

  test("a person may have twenty comments on a track, also when they arrive at once; one that is removed makes room", async () => {
    const said = await Promise.allSettled(
      Array.from({ length: MOST_COMMENTS + 5 }, (_, at) => say(ana, String(at))),
    );
    const accepted = said.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const refused = said.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
    expect(accepted).toHaveLength(MOST_COMMENTS);
    expect(refused.every((reason) => reason instanceof TooManyComments)).toBe(true);
    expect(await intents()).toHaveLength(MOST_COMMENTS);
    await say(ben, "others may go on");
    await comments.remove(ana, accepted[0]?.id ?? 0);
    await say(ana, "room again");
    await expect(say(ana, "and full again")).rejects.toThrow(TooManyComments);
  });

  test("a moment after the track's end is refused, its last half second is not", async () => {
    await say(ana, "the end", 9_500);
    await expect(say(ana, "too late", 9_501)).rejects.toThrow(PastTheEnd);
    expect(await comments.on(track, ana)).toHaveLength(1);
  });

  test("what the lexicon refuses is not accepted, and leaves nothing", async () => {
    await expect(say(ana, "é".repeat(501))).rejects.toThrow(InvalidRecord);
    expect(await comments.on(track, ana)).toEqual([]);
    const view = await say(ana, "fine");
    await expect(comments.edit(ana, view.id, "")).rejects.toThrow(InvalidRecord);
    expect(await comments.on(track, ana)).toEqual([view]);
    expect(await intents()).toHaveLength(1);
  });

  test("there is nothing to say about an unknown track", async () => {
    await expect(comments.on(999_999, ana)).rejects.toThrow(UnknownTrack);
    await expect(comments.add(ana, 999_999, { text: "x", timestampMs: 0 })).rejects.toThrow(UnknownTrack);
  });
});
