import { until, xrpc } from "@plyr/dev";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { makeAudio } from "./audio.js";
import { collections, setStage, type Person, type Progress, type Stage } from "./stage.js";

let stage: Stage;
let tone: Buffer<ArrayBuffer>;
beforeAll(async () => {
  stage = await setStage();
  tone = await makeAudio("mp3", 2);
});
afterEach(() => {
  stage.gate.clear();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const put = xrpc("com.atproto.repo.putRecord");
const uploadBlob = xrpc("com.atproto.repo.uploadBlob");
const likeAnswer = z.object({
  liked: z.boolean(),
  write: z.object({ state: z.string(), uri: z.string(), reason: z.string().nullable() }).nullable(),
});

async function published(words: { title?: string } = {}): Promise<Progress & { trackId: number }> {
  const { uploadId, trackId } = await stage.upload(stage.artist, tone, words);
  return { ...(await stage.reaches(stage.artist, uploadId, "done")), trackId };
}

async function recordAt(uri: string | undefined) {
  return (await stage.tracksOnPds()).find((record) => record.uri === uri);
}

function path(trackId: number): string {
  return `/tracks/${String(trackId)}`;
}

async function likeOf(person: Person, trackId: number) {
  return likeAnswer.parse((await person.browser.get(`${path(trackId)}/like`)).json());
}

const commentAnswer = z.object({ write: z.object({ state: z.string(), uri: z.string() }).nullable() });

/** @returns the address of the comment's record */
async function remark(person: Person, trackId: number): Promise<string> {
  const answer = await person.browser.post(`${path(trackId)}/comments`, {
    body: { text: "yes!", timestamp_ms: 0 },
  });
  const { comment } = z.object({ comment: commentAnswer }).parse(answer.json());
  return comment.write?.uri ?? "";
}

/** How the listener's only comment on a track stands. */
async function commentState(trackId: number): Promise<string | undefined> {
  const answer = await stage.listener.browser.get(`${path(trackId)}/comments`);
  const { comments } = z.object({ comments: z.array(commentAnswer) }).parse(answer.json());
  return comments[0]?.write?.state;
}

test("an edit rewrites the record at its place and keeps the audio on the PDS", async () => {
  const { trackId, write } = await published({ title: "First" });
  const before = await recordAt(write?.uri);
  const edited = await stage.artist.browser.send("PATCH", path(trackId), {
    body: { title: "Second", description: "Now with words." },
  });
  expect(edited.status).toBe(200);
  const after = await until("the PDS has the new title", async () => {
    const record = await recordAt(write?.uri);
    return record?.value.title === "Second" && record;
  });
  expect(after.value).toEqual({ ...before?.value, title: "Second", description: "Now with words." });
  expect(await stage.blobStatus(after.value.audioBlob?.ref.$link ?? "")).toBe(200);
  // The audio was sent once.
  const sent = stage.gate.passages.filter(({ request }) => uploadBlob(request));
  expect(sent).toHaveLength(1);

  const puts = stage.gate.answered(put);
  await stage.artist.browser.send("PATCH", path(trackId), { body: { title: "Second" } });
  await stage.artist.browser.send("PATCH", path(trackId), { body: { description: "" } });
  const without = await until("the PDS has no description", async () => {
    const record = await recordAt(write?.uri);
    return record?.value["description"] === undefined && record;
  });
  expect(without.value.audioBlob).toEqual(before?.value.audioBlob);
  expect(stage.gate.answered(put)).toBe(puts + 1);
});

test.each([
  ["../../../etc/passwd", "passwd"],
  ["a'; rm -rf ü <b>.mp3", "a'; rm -rf ü <b>"],
  [`${"long ".repeat(60)}.mp3`, `${"long ".repeat(51)}l`],
  ["", "Untitled"],
])("a file named %j becomes a track like any other", async (name, title) => {
  const { uploadId, trackId } = await stage.upload(stage.artist, tone, { name });
  expect((await stage.reaches(stage.artist, uploadId, "done")).title).toBe(title);
  await stage.artist.browser.delete(path(trackId));
});

test("a track without a title is called what its tags say", async () => {
  const { uploadId } = await stage.upload(
    stage.artist,
    await makeAudio("flac", 1, { title: "From the tags" }),
  );
  const { write } = await stage.reaches(stage.artist, uploadId, "done");
  expect((await recordAt(write?.uri))?.value.title).toBe("From the tags");
});

test("others can neither edit nor delete a track, and nobody one that is not there", async () => {
  const { trackId } = await published();
  for (const [person, id, status] of [
    [stage.listener, trackId, 403],
    [stage.artist, 999_999, 404],
  ] as const) {
    const change = await person.browser.send("PATCH", path(id), { body: { title: "Mine" } });
    expect(change.status).toBe(status);
    expect((await person.browser.delete(path(id))).status).toBe(status);
  }
  const progress = await stage.listener.browser.get(
    `/tracks/uploads/${(await stage.db.selectFrom("uploads").select("id").executeTakeFirstOrThrow()).id}/progress`,
  );
  expect(progress.status).toBe(404);
  expect((await stage.listener.browser.get("/tracks/uploads")).json()).toEqual({ uploads: [] });
});

test.each([{ title: "" }, { title: 7 }, { colour: "red" }, { title: "a\ud800" }, []])(
  "an edit with %j is refused and names the field",
  async (body) => {
    const answer = await stage.artist.browser.send("PATCH", "/tracks/1", { body });
    const { error } = z.object({ error: z.object({ field: z.string() }) }).parse(answer.json());
    expect(answer.status).toBe(422);
    expect(error.field).toMatch(/^(title|colour|body)$/);
  },
);

test("audio that the PDS finds too large stays with us, and the record names our address", async () => {
  const large = await makeAudio("wav", 20);
  const { uploadId, trackId } = await stage.upload(stage.artist, large);
  const done = await stage.reaches(stage.artist, uploadId, "done");
  expect(done.reason).toBe("Your PDS takes no file of this size; the audio stays here.");
  const record = await recordAt(done.write?.uri);
  expect(record?.value.audioBlob).toBeUndefined();
  const heard = await fetch(record?.value.audioUrl ?? "");
  expect(Buffer.from(await heard.arrayBuffer()).equals(large)).toBe(true);
  // An edit doesn't ask again.
  const asked = stage.gate.passages.filter(({ request }) => uploadBlob(request)).length;
  await stage.artist.browser.send("PATCH", path(trackId), { body: { title: "Still large" } });
  await until("the PDS has the new title", async () => {
    return (await recordAt(done.write?.uri))?.value.title === "Still large";
  });
  expect(stage.gate.passages.filter(({ request }) => uploadBlob(request))).toHaveLength(asked);
});

test("a deleted track is gone from the PDS, the list and the storage, and so are the likes of it", async () => {
  const { trackId, write } = await published({ title: "Short-lived" });
  const files = (await stage.stored()).length;
  await stage.listener.browser.post(`${path(trackId)}/like`);
  const like = await until("the like is on the listener's PDS", async () => {
    const { write: liked } = await likeOf(stage.listener, trackId);
    return liked?.state === "confirmed" && liked;
  });
  const comment = await remark(stage.listener, trackId);
  await until("the comment is on the listener's PDS", async () => {
    return (await commentState(trackId)) === "confirmed";
  });
  const gone = await stage.artist.browser.delete(path(trackId));
  expect([gone.status, gone.json()]).toEqual([200, { deleted: true, likesTakenBack: 1 }]);
  expect((await stage.listener.browser.get(`${path(trackId)}/like`)).status).toBe(404);
  expect((await fetch(`${stage.service.url}${path(trackId)}/audio`)).status).toBe(404);
  expect((await stage.artist.browser.delete(path(trackId))).status).toBe(404);

  await until("its record is gone", async () => (await recordAt(write?.uri)) === undefined);
  for (const uri of [like.uri, comment]) {
    const [repo = "", collection = "", rkey = ""] = uri.replace("at://", "").split("/");
    const query = new URLSearchParams({ repo, collection, rkey });
    await until(`${uri} is gone`, async () => {
      const record = await fetch(
        `${stage.pds.listenUrl}/xrpc/com.atproto.repo.getRecord?${query.toString()}`,
      );
      return record.status === 400;
    });
  }
  await until("its file is gone", async () => (await stage.stored()).length === files - 1);
  await until("nothing is owed any more", async () => {
    const intents = await stage.db.selectFrom("intents").select("id").execute();
    const left = await stage.db.selectFrom("tracks").select("id").where("id", "=", trackId).execute();
    return intents.length === 0 && left.length === 0;
  });
});

/** Resolves when all that waits for a track would by itself look again in half a minute at the earliest. */
async function parked(trackId: number): Promise<void> {
  const waiting = () =>
    stage.db
      .selectFrom("pds_records")
      .innerJoin("tracks", "tracks.record_id", "pds_records.awaits")
      .select(["pds_records.id", "pds_records.deferrals"])
      .where("tracks.id", "=", trackId)
      .execute();
  const ids = (await waiting()).map(({ id }) => id);
  await stage.db.updateTable("pds_records").set({ deferrals: 50 }).where("id", "in", ids).execute();
  await until("each has looked once more", async () =>
    (await waiting()).every(({ deferrals }) => deferrals > 50),
  );
}

test("a like of a track that is on its way waits for it without using attempts, and then refers to it", async () => {
  const standing = stage.gate.holdRequest(uploadBlob);
  const { uploadId, trackId } = await stage.upload(stage.artist, tone, { title: "Awaited" });
  const held = await standing;
  await stage.listener.browser.post(`${path(trackId)}/like`);
  const waiting = await until("the like waits", async () => {
    const { write } = await likeOf(stage.listener, trackId);
    return write?.state === "waiting" && write;
  });
  expect(waiting.reason).toBe("The track is not on its artist's PDS yet. This goes on by itself when it is.");
  await remark(stage.listener, trackId);
  await parked(trackId);
  held.forward();
  const { write } = await stage.reaches(stage.artist, uploadId, "done");
  await until("the comment is on the listener's PDS", async () => {
    return (await commentState(trackId)) === "confirmed";
  });
  await until("the like is on the listener's PDS", async () => {
    return (await likeOf(stage.listener, trackId)).write?.state === "confirmed";
  });
  const record = await recordAt(write?.uri);
  for (const collection of [collections.like, collections.comment]) {
    const { wish } = await stage.db
      .selectFrom("pds_records")
      .select("wish")
      .where("collection", "=", collection)
      .orderBy("accepted_at", "desc")
      .executeTakeFirstOrThrow();
    expect(wish).toMatchObject({ subject: { uri: write?.uri, cid: record?.cid } });
  }
});

test("a track that the PDS refuses fails with its reason, shown to its artist alone, and a like of it is cancelled with one", async () => {
  const refused = stage.gate.answer((request) => put(request) && request.body.includes(collections.track), {
    status: 400,
    body: { error: "InvalidRequest", message: "No such music" },
  });
  const standing = stage.gate.holdRequest(uploadBlob);
  const { uploadId, trackId } = await stage.upload(stage.artist, tone, { title: "Refused" });
  const held = await standing;
  await stage.listener.browser.post(`${path(trackId)}/like`);
  await parked(trackId);
  held.forward();
  const failed = await stage.reaches(stage.artist, uploadId, "failed");
  expect(failed).toMatchObject({
    reason: "Your PDS refused the record: No such music",
    write: { state: "failed" },
  });
  const cancelled = await until("the like is cancelled", async () => {
    const { write } = await likeOf(stage.listener, trackId);
    return write?.state === "failed" && write;
  });
  expect(cancelled.reason).toBe("The track did not get to its artist's PDS, so nothing can refer to it.");
  const listed = async ({ browser }: Person) => {
    const { tracks } = z
      .object({ tracks: z.array(z.object({ id: z.number() })) })
      .parse((await browser.get("/tracks")).json());
    return tracks.some(({ id }) => id === trackId);
  };
  expect([await listed(stage.artist), await listed(stage.listener)]).toEqual([true, false]);

  // The artist changes it, and it goes.
  refused.remove();
  await stage.artist.browser.send("PATCH", path(trackId), { body: { title: "Accepted" } });
  await until("the PDS has it", async () => (await recordAt(failed.write?.uri))?.value.title === "Accepted");
});

test("audio that the PDS has thrown away meanwhile is sent again", async () => {
  stage.gate.answer(
    (request) => put(request) && request.body.includes(collections.track),
    { status: 400, body: { error: "BlobNotFound", message: "Could not find blob" } },
    { times: 1 },
  );
  const sent = stage.gate.answered(uploadBlob, 200);
  const { uploadId } = await stage.upload(stage.artist, tone);
  const { write } = await stage.reaches(stage.artist, uploadId, "done");
  expect(stage.gate.answered(uploadBlob, 200)).toBe(sent + 2);
  expect((await recordAt(write?.uri))?.value.audioBlob?.size).toBe(tone.length);
});
