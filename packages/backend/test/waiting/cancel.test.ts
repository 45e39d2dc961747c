import { until, xrpc, type Match } from "@plyr/dev";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openWaitingWrites, type WaitingWrites } from "../../src/waiting/waiting.js";
import { TooLate, UnknownWrite } from "../../src/waiting/refusals.js";
import { NAMESPACE, recordOf, setStage, type Stage, type Track } from "../records/stage.js";

const put = xrpc("com.atproto.repo.putRecord");
const remove = xrpc("com.atproto.repo.deleteRecord");
const anyWrite: Match = (request) => put(request) || remove(request);

let stage: Stage;
let waiting: WaitingWrites;

beforeAll(async () => {
  stage = await setStage();
  const { outbox, hasten } = stage.background;
  waiting = openWaitingWrites({ db: stage.db, outbox, namespace: NAMESPACE, hasten });
}, 60_000);

afterEach(async () => {
  await signInAgain();
  await quiet();
});

afterAll(() => stage[Symbol.asyncDispose]());

/** Until then every write is refused, certainly undone, and waits for a sign-in. */
function endPermission(): void {
  stage.gate.answer(anyWrite, { status: 401, body: { error: "InvalidToken", message: "no longer" } });
}

async function signInAgain(): Promise<void> {
  stage.gate.clear();
  await stage.background.resumeParked(stage.listener);
}

/** Resolves when nothing of the listener's waits. */
const quiet = (within = 20_000) =>
  until(
    "nothing waits any more",
    async () => {
      const open = await stage.db.selectFrom("intents").select("id").where("state", "=", "open").execute();
      return open.length === 0 && (await waiting.of(stage.listener)).count === 0;
    },
    { within },
  );

async function onlyWaiting() {
  const { writes } = await waiting.of(stage.listener);
  expect(writes).toHaveLength(1);
  const [write] = writes;
  if (write === undefined) throw new Error("nothing waits");
  return write;
}

async function saysOnPds(track: Track, text: string) {
  const comment = await stage.comments.add(stage.listener, track.id, { text, timestampMs: 1_000 });
  await quiet();
  return comment;
}

describe("while a sign-in is waited for", () => {
  test("a like that waits is cancelled as if it had never been: at once, and without the PDS", async () => {
    const track = await stage.newTrack();
    endPermission();
    await stage.likes.like(stage.listener, track.id);
    await until("it waits", async () => (await onlyWaiting()).write.state === "needs-sign-in");
    const write = await onlyWaiting();
    expect((await waiting.of(stage.listener)).needSignIn).toBe(1);
    expect(write).toMatchObject({ kind: "like", action: "add", track: { id: track.id } });
    expect(write.write.reason).toContain("Sign in again");

    await waiting.cancel(stage.listener, write.id);
    expect((await stage.likes.state(stage.listener, track.id)).liked).toBe(false);
    // Well before it would have been tried again by itself.
    await quiet(5_000);
    expect(await stage.likes.state(stage.listener, track.id)).toEqual({ liked: false, write: null });
    expect(await stage.onPds(track)).toEqual([]);
  });

  test("an edit that waits gives way to the text that the PDS has, without a write", async () => {
    const track = await stage.newTrack();
    const { id } = await saysOnPds(track, "before");
    endPermission();
    await stage.comments.edit(stage.listener, id, "after");
    const write = await onlyWaiting();
    expect(write).toMatchObject({
      kind: "comment",
      action: "change",
      text: "after",
      track: { id: track.id },
    });
    await waiting.cancel(stage.listener, write.id);
    await quiet();
    const [comment] = await stage.comments.on(track.id, stage.listener);
    expect(comment).toMatchObject({ text: "before", updatedAt: null, write: { state: "confirmed" } });
    const [record] = await stage.commentsOnPds(track);
    expect(record?.value.text).toBe("before");
  });

  test("an unlike that waits is undone: liked again, by the record that the PDS still has", async () => {
    const track = await stage.newTrack();
    const { write: liked } = await stage.likes.like(stage.listener, track.id);
    await quiet();
    endPermission();
    await stage.likes.unlike(stage.listener, track.id);
    const write = await onlyWaiting();
    expect(write).toMatchObject({ kind: "like", action: "remove", track: { id: track.id } });
    await waiting.cancel(stage.listener, write.id);
    await quiet();
    expect(await stage.likes.state(stage.listener, track.id)).toMatchObject({
      liked: true,
      write: { state: "confirmed", uri: liked?.uri },
    });
    expect((await stage.onPds(track)).map(({ uri }) => uri)).toEqual([liked?.uri]);
  });

  test("a removal of a comment that waits is undone: it stands there again", async () => {
    const track = await stage.newTrack();
    const { id } = await saysOnPds(track, "stays");
    endPermission();
    await stage.comments.remove(stage.listener, id);
    await waiting.cancel(stage.listener, (await onlyWaiting()).id);
    await quiet();
    const [comment] = await stage.comments.on(track.id, undefined);
    expect(comment).toMatchObject({ id, text: "stays", removed: false });
    expect((await stage.commentsOnPds(track)).map(({ value }) => value.text)).toEqual(["stays"]);
  });

  test("an unlike can't be undone once the track is liked again", async () => {
    const track = await stage.newTrack();
    await stage.likes.like(stage.listener, track.id);
    await quiet();
    endPermission();
    await stage.likes.unlike(stage.listener, track.id);
    const { id } = await onlyWaiting();
    await stage.likes.like(stage.listener, track.id);
    await expect(waiting.cancel(stage.listener, id)).rejects.toThrow(TooLate);
    await signInAgain();
    await quiet();
    expect(await stage.onPds(track)).toHaveLength(1);
  });
});

describe("while it is being written at this very moment", () => {
  test("a like that stands before the PDS is written, and taken away again", async () => {
    const track = await stage.newTrack();
    const held = stage.gate.holdRequest(put);
    await stage.likes.like(stage.listener, track.id);
    const request = await held;
    await waiting.cancel(stage.listener, (await onlyWaiting()).id);
    request.forward();
    await quiet();
    expect(await stage.onPds(track)).toEqual([]);
    expect(await stage.likes.state(stage.listener, track.id)).toEqual({ liked: false, write: null });
  });

  test("a like whose answer was lost may be on the PDS: it is taken away there when that is back", async () => {
    const track = await stage.newTrack();
    const held = stage.gate.holdAnswer(put);
    await stage.likes.like(stage.listener, track.id);
    const answer = await held;
    await stage.gate.shut();
    answer.drop();
    const { id } = await onlyWaiting();
    await waiting.cancel(stage.listener, id);
    expect(await stage.onPds(track)).toHaveLength(1);
    await until("the removal waits", async () => (await onlyWaiting()).action === "remove");
    await expect(waiting.cancel(stage.listener, id)).rejects.toThrow(
      "It may be on your PDS already, so it is taken away there",
    );
    await stage.gate.open();
    await quiet();
    expect(await stage.onPds(track)).toEqual([]);
  });

  test("an edit that the PDS has applied is written over with the text before it", async () => {
    const track = await stage.newTrack();
    const { id } = await saysOnPds(track, "before");
    const held = stage.gate.holdAnswer(put);
    await stage.comments.edit(stage.listener, id, "after");
    const answer = await held;
    await waiting.cancel(stage.listener, (await onlyWaiting()).id);
    expect((await stage.commentsOnPds(track))[0]?.value.text).toBe("after");
    answer.release();
    await quiet();
    expect((await stage.commentsOnPds(track)).map(({ value }) => value.text)).toEqual(["before"]);
    expect((await stage.comments.on(track.id, stage.listener))[0]).toMatchObject({ text: "before" });
  });

  test("an unlike that the PDS has applied is made good: the same record is there again", async () => {
    const track = await stage.newTrack();
    const { write } = await stage.likes.like(stage.listener, track.id);
    await quiet();
    const held = stage.gate.holdAnswer(remove);
    await stage.likes.unlike(stage.listener, track.id);
    const answer = await held;
    await waiting.cancel(stage.listener, (await onlyWaiting()).id);
    answer.release();
    await quiet();
    expect((await stage.onPds(track)).map(({ uri }) => uri)).toEqual([write?.uri]);
  });
});

test("what is on the PDS by now, and what is somebody else's, is not cancelled", async () => {
  const track = await stage.newTrack();
  const { write } = await stage.likes.like(stage.listener, track.id);
  const record = await recordOf(stage.db, write?.uri ?? "");
  await quiet();
  await expect(waiting.cancel(stage.listener, record.id)).rejects.toThrow(UnknownWrite);

  endPermission();
  await stage.likes.unlike(stage.listener, track.id);
  await stage.db
    .insertInto("people")
    .values({ did: "did:plc:other", handle: "other.test" })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await expect(waiting.cancel("did:plc:other", record.id)).rejects.toThrow(UnknownWrite);
  expect((await waiting.of("did:plc:other")).count).toBe(0);
});

test("a like of a track that is gone can't be brought back", async () => {
  const track = await stage.newTrack();
  await stage.likes.like(stage.listener, track.id);
  await quiet();
  endPermission();
  await stage.likes.unlike(stage.listener, track.id);
  await until("it waits", async () => (await onlyWaiting()).write.state === "needs-sign-in");
  await stage.db.updateTable("tracks").set({ deleted_at: new Date() }).where("id", "=", track.id).execute();
  await expect(waiting.cancel(stage.listener, (await onlyWaiting()).id)).rejects.toThrow(
    "The track is gone, so it can't be liked any more",
  );
});

test("all at once: what can be cancelled is, what can't goes on, and the PDS agrees", async () => {
  const tracks = [await stage.newTrack(), await stage.newTrack(), await stage.newTrack()];
  const [first, second, third] = tracks;
  if (first === undefined || second === undefined || third === undefined) throw new Error("no tracks");
  await stage.likes.like(stage.listener, first.id);
  await quiet();
  endPermission();
  await stage.likes.unlike(stage.listener, first.id);
  await stage.likes.like(stage.listener, first.id);
  await stage.likes.like(stage.listener, second.id);
  await stage.comments.add(stage.listener, third.id, { text: "never mind", timestampMs: 0 });
  const { count, kinds } = await waiting.of(stage.listener);
  expect([count, kinds]).toEqual([4, { like: 3, comment: 1 }]);
  // The oldest is the unlike, which can't be undone while there is another like.
  expect(await waiting.cancelAll(stage.listener)).toEqual({ cancelled: 3, left: 1 });
  await signInAgain();
  await quiet();
  expect(await stage.onPds(first)).toEqual([]);
  expect(await stage.onPds(second)).toEqual([]);
  expect(await stage.commentsOnPds(third)).toEqual([]);
});

test("cancelled by a process that dies before it can tell any queue: carried out all the same", async () => {
  const track = await stage.newTrack();
  await stage.likes.like(stage.listener, track.id);
  await quiet();
  endPermission();
  await stage.likes.unlike(stage.listener, track.id);
  const { id } = await onlyWaiting();
  const dying = await stage.another({ worker: false, sweepInterval: 60_000 });
  await dying.stop();
  const untold = openWaitingWrites({
    db: stage.db,
    outbox: dying.outbox,
    namespace: NAMESPACE,
    hasten: () => undefined,
  });
  await untold.cancel(stage.listener, id);
  await quiet();
  await signInAgain();
  expect(await stage.onPds(track)).toHaveLength(1);
});
