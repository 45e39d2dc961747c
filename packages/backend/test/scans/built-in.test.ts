import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { freePort } from "@plyr/dev";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { makeAudio } from "../tracks/audio.js";
import { setStage, type Stage } from "../tracks/stage.js";
import { changed, excerpt, name, operate, piece, scanned, scanOf, type Operating } from "./stage.js";

const notice = z.object({
  id: z.string(),
  kind: z.string(),
  text: z.string(),
  facts: z.looseObject({ track: z.object({ id: z.number() }) }),
});

let stage: Stage;
let operator: Operating;
let webhook: Server;
/** Of the webhook. */
let host: string;
const notices: z.infer<typeof notice>[] = [];
beforeAll(async () => {
  webhook = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.once("end", () => {
      notices.push(notice.parse(JSON.parse(body)));
      response.end();
    });
  });
  const port = await freePort();
  webhook.listen(port, "127.0.0.1");
  await once(webhook, "listening");
  host = `127.0.0.1:${String(port)}`;
  stage = await setStage("folder", { OPERATOR_WEBHOOK_URL: `http://${host}/hook/secret-part` });
  operator = await operate(stage);
}, 90_000);
afterEach(async () => {
  await stage.db.deleteFrom("catalogue").execute();
});
afterAll(async () => {
  await operator[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
  webhook.closeAllConnections();
  webhook.close();
});

const noticesAbout = (trackId: number) => notices.filter(({ facts }) => facts.track.id === trackId);
/** Five bits of each 32 are others: nearly alike, and no more. */
const nearly = (fingerprint: Uint32Array) => fingerprint.map((item) => item ^ 0b11111);

test("an excerpt of a work in the catalogue is flagged with where it is in both, and the operator is told once", async () => {
  const work = await name(stage, piece(5), { title: "The Work", artist: "Somebody Famous" });
  const { trackId } = await stage.upload(stage.artist, await excerpt(piece(5)), { title: "Mine" });
  const scan = await scanned(stage.artist, trackId);
  expect(scan).toMatchObject({
    state: "flagged",
    reason: "“The Work” by Somebody Famous is in it.",
    compared: { scanner: "built in", catalogue: 1 },
    decision: null,
  });
  const [match] = scan.matches;
  expect(match).toMatchObject({ source: "catalogue", id: work, same: true, ownName: false });
  expect(match?.errorRate).toBeLessThanOrEqual(0.14);
  const [stretch] = match?.stretches ?? [];
  expect(stretch?.at).toBeLessThan(1);
  expect(stretch?.from).toBeGreaterThan(4);
  expect(stretch?.from).toBeLessThan(6);
  expect(stretch?.length).toBeGreaterThan(16);

  await expect.poll(() => noticesAbout(trackId).length).toBe(1);
  expect(noticesAbout(trackId)[0]).toMatchObject({ kind: "scan.flagged" });
  await expect
    .poll(() => stage.db.selectFrom("notices").select(["state", "told"]).execute())
    .toContainEqual({ state: "sent", told: host });

  // It stays playable, and listed for others, who see nothing of the scan.
  expect((await fetch(`${stage.service.url}/tracks/${String(trackId)}/audio`)).status).toBe(200);
  const { tracks } = z
    .object({ tracks: z.array(z.object({ id: z.number(), own: z.unknown() })) })
    .parse((await stage.listener.browser.get("/tracks")).json());
  expect(tracks.find(({ id }) => id === trackId)?.own).toBeNull();
});

test("a track that is like nothing known is clear, and says what it was compared with", async () => {
  await name(stage, piece(5), { artist: "Somebody Famous" });
  const { trackId } = await stage.upload(stage.artist, await excerpt(piece(7)));
  expect(await scanned(stage.artist, trackId)).toMatchObject({
    state: "clear",
    reason: null,
    matches: [],
    compared: { scanner: "built in", version: "chromaprint-1", catalogue: 1 },
  });
  expect(noticesAbout(trackId)).toEqual([]);
});

describe("two artists with the same recording", () => {
  test("the second is flagged, the first is not; one row each, and one of the content", async () => {
    const first = await stage.upload(stage.artist, await excerpt(piece(9)), { title: "The first" });
    await scanned(stage.artist, first.trackId);
    const again = await changed(
      piece(9),
      ["-ss", "5", "-t", "25"],
      ["-ac", "1", "-c:a", "flac", "-f", "flac"],
    );
    const second = await stage.upload(stage.listener, again, { title: "The second" });
    expect((await scanned(stage.listener, second.trackId)).matches).toMatchObject([
      { source: "track", id: first.trackId, title: "The first", artist: "artist.test", same: true },
    ]);
    expect(await scanOf(stage.artist, first.trackId)).toMatchObject({ state: "clear" });
  });

  test("also the very same file, however short", async () => {
    const tone = await makeAudio("mp3", 3, { title: "short" });
    const first = await stage.upload(stage.artist, tone);
    expect(await scanned(stage.artist, first.trackId)).toMatchObject({
      state: "clear",
      reason: "Shorter than 16 s: only a copy of the same file would be found.",
    });
    const second = await stage.upload(stage.listener, tone);
    expect(await scanned(stage.listener, second.trackId)).toMatchObject({ state: "flagged" });
    const rows = await stage.db
      .selectFrom("copyright_scans")
      .select("content_id")
      .where("track_id", "in", [first.trackId, second.trackId])
      .execute();
    expect(new Set(rows.map((row) => row.content_id)).size).toBe(1);
    expect(rows).toHaveLength(2);
  });

  test("but one artist may upload their own twice", async () => {
    const audio = await excerpt(piece(11));
    for (let time = 1; time <= 2; time++) {
      const { trackId } = await stage.upload(stage.artist, audio);
      expect(await scanned(stage.artist, trackId)).toMatchObject({ state: "clear", matches: [] });
    }
  });
});

test("a work by the uploader's own name is to be looked at, not clear", async () => {
  await name(stage, piece(13), { artist: "The Artist, Test!" });
  const { trackId } = await stage.upload(stage.artist, await excerpt(piece(13)));
  const scan = await scanned(stage.artist, trackId);
  expect(scan).toMatchObject({ state: "review", matches: [{ ownName: true, same: true }] });
  await expect.poll(() => noticesAbout(trackId).map(({ kind }) => kind)).toEqual(["scan.review"]);
});

test("what is much like a work, but not alike enough, is to be looked at", async () => {
  await name(stage, piece(15), { artist: "Somebody Famous" }, nearly);
  const { trackId } = await stage.upload(stage.artist, await excerpt(piece(15)));
  const scan = await scanned(stage.artist, trackId);
  expect(scan).toMatchObject({ state: "review", matches: [{ same: false }] });
  expect(scan.reason).toMatch(/^It is much like/);
});

test("where there is nothing to hear there is nothing to compare: a person looks", async () => {
  // Each channel takes the other one away when they are played as one.
  const silent = await changed(
    piece(1),
    ["-t", "10"],
    ["-af", "pan=stereo|c0=c0|c1=-1*c0", "-c:a", "flac", "-f", "flac"],
  );
  const { trackId } = await stage.upload(stage.artist, silent);
  expect(await scanned(stage.artist, trackId)).toMatchObject({
    state: "review",
    reason: "There is hardly anything to hear in it that could be compared.",
  });
});

test("a scan that failed is failed, with its reason, and never clear; told again it stays one row (incident 14)", async () => {
  const audio = await changed(piece(3), ["-t", "20"], ["-ac", "1", "-c:a", "flac", "-f", "flac"]);
  // Accepted, since its head is whole; what comes after it can't be decoded.
  audio.fill(0x5a, Math.floor(audio.length * 0.1));
  const { trackId } = await stage.upload(stage.artist, audio);
  const scan = await scanned(stage.artist, trackId);
  expect(scan).toMatchObject({ state: "failed", matches: [], compared: null });
  expect(scan.reason).toMatch(/^The file is damaged: /);

  await stage.db
    .insertInto("intents")
    .values({ task: "copyright.scan", payload: JSON.stringify({ trackId }), subject: "copyright.scan" })
    .execute();
  await expect
    .poll(() => stage.db.selectFrom("intents").select("id").where("task", "=", "copyright.scan").execute(), {
      timeout: 15_000,
    })
    .toEqual([]);
  const rows = await stage.db
    .selectFrom("copyright_scans")
    .select("state")
    .where("track_id", "=", trackId)
    .execute();
  expect(rows).toEqual([{ state: "failed" }]);
});

describe("the operator decides", () => {
  const takenDown = z.object({
    takenDown: z.array(z.object({ title: z.string(), scan: z.looseObject({ decision: z.unknown() }) })),
  });

  async function flagged(number: number, title: string): Promise<{ trackId: number; scanId: number }> {
    await name(stage, piece(number), { artist: "Somebody Famous" });
    const { trackId, uploadId } = await stage.upload(stage.artist, await excerpt(piece(number)), { title });
    await stage.reaches(stage.artist, uploadId, "done");
    await scanned(stage.artist, trackId);
    const { id } = await stage.db
      .selectFrom("copyright_scans")
      .select("id")
      .where("track_id", "=", trackId)
      .executeTakeFirstOrThrow();
    return { trackId, scanId: id };
  }

  test("to keep a track: it stays, and its artist sees why", async () => {
    const { trackId, scanId } = await flagged(17, "Kept");
    await operator.decisions.keep(scanId, "They showed us the licence.");
    expect(await scanOf(stage.artist, trackId)).toMatchObject({
      state: "flagged",
      decision: { what: "keep", because: "They showed us the licence." },
    });
  });

  test("to take a track down: record, file and list entry go, and its artist alone sees why", async () => {
    const { trackId, scanId } = await flagged(19, "Taken down");
    await operator.decisions.takeDown(scanId, "It is Somebody Famous's.");
    await expect
      .poll(async () => (await stage.tracksOnPds()).map(({ value }) => value.title), { timeout: 20_000 })
      .not.toContain("Taken down");
    await expect
      .poll(() => stage.db.selectFrom("tracks").select("id").where("id", "=", trackId).execute(), {
        timeout: 20_000,
      })
      .toEqual([]);
    const told = takenDown.parse((await stage.artist.browser.get("/tracks/taken-down")).json());
    expect(told.takenDown).toMatchObject([
      { title: "Taken down", scan: { decision: { what: "take down", because: "It is Somebody Famous's." } } },
    ]);
    const others = takenDown.parse((await stage.listener.browser.get("/tracks/taken-down")).json());
    expect(others.takenDown).toEqual([]);
    await expect(operator.decisions.takeDown(scanId, "twice")).rejects.toThrow("There is no scan");
  });

  test("to have a track scanned again: what has come into the catalogue since is found", async () => {
    const { trackId } = await stage.upload(stage.artist, await excerpt(piece(21)));
    expect(await scanned(stage.artist, trackId)).toMatchObject({ state: "clear" });
    await name(stage, piece(21), { artist: "Somebody Famous" });
    expect(await operator.decisions.againAll("all")).toBeGreaterThan(0);
    await scanned(stage.artist, trackId, ({ state }) => state === "flagged");
  });
});

test("a deleted track's scan is gone with it", async () => {
  const { trackId } = await stage.upload(stage.artist, await readFile(piece(23)));
  await scanned(stage.artist, trackId);
  await stage.artist.browser.delete(`/tracks/${String(trackId)}`);
  await expect
    .poll(
      () => stage.db.selectFrom("copyright_scans").select("id").where("track_id", "=", trackId).execute(),
      { timeout: 20_000 },
    )
    .toEqual([]);
});
