import { createHash, randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { AtpAgent } from "@atproto/api";
import { until, xrpc } from "@plyr/dev";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { adoptTrack } from "../../src/tracks/adopt-track.js";
import { openFolderStorage } from "../../src/storage/folder-storage.js";
import { collections, setStage, type Stage } from "../tracks/stage.js";
import { exportAnswer, type ExportAnswer } from "./stage.js";
import { unpacked } from "./unpacked.js";

const getBlob = xrpc("com.atproto.sync.getBlob");
const AWAY = "Its audio is only on your PDS, which could not be read from. Export again when it is back.";
const WRONG = "What your PDS has for it is not the audio that its record names.";

let stage: Stage;
let agent: AtpAgent;
const audio = randomBytes(700_000);
beforeAll(async () => {
  stage = await setStage("folder");
  agent = new AtpAgent({ service: stage.pds.listenUrl });
  const { handle, password } = stage.artist.account;
  await agent.login({ identifier: handle, password });
  await release("Only there", audio);
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const plain = z.record(z.string(), z.json());

/** A track that was published elsewhere: its audio is on the artist's PDS, and here is only the index. */
async function release(title: string, content: Buffer): Promise<void> {
  const { did, handle } = stage.artist.account;
  const { data: upload } = await agent.com.atproto.repo.uploadBlob(content, { encoding: "audio/wav" });
  const record = {
    $type: collections.track,
    title,
    artist: handle,
    fileType: "wav",
    createdAt: new Date().toISOString(),
    audioUrl: "http://127.0.0.1:1/audio",
    duration: 4,
    audioBlob: upload.blob,
  };
  const collection = collections.track;
  const { data } = await agent.com.atproto.repo.createRecord({ repo: did, collection, record });
  await adoptTrack(stage.db, {
    artist: { did, handle, displayName: null },
    track: { title, fileType: "wav", duration: 4, audioUrl: record.audioUrl },
    record: {
      collection,
      rkey: data.uri.split("/").at(-1) ?? "",
      content: plain.parse(JSON.parse(JSON.stringify(record))),
      cid: data.cid,
    },
  });
}

async function exported(): Promise<ExportAnswer> {
  const { browser } = stage.artist;
  const { export_id: id } = exportAnswer.parse((await browser.post("/exports/media")).json());
  return until(
    "the export is done",
    async () => {
      const now = exportAnswer.parse((await browser.get(`/exports/${id}`)).json());
      return now.status === "done" && now;
    },
    { within: 20_000 },
  );
}

async function contentOf({ export_id: id }: ExportAnswer) {
  const storage = openFolderStorage(`${stage.service.dataDir}/storage`);
  return unpacked(await buffer(await storage.get(`exports/${id}.zip`)));
}

const leftOut = ({ left_out }: ExportAnswer) => left_out.map(({ reason }) => reason);
const staged = async () => (await stage.stored()).filter((name) => name.includes("staged"));

test("audio that is only on the artist's PDS is fetched from there, checked, and marked", async () => {
  const done = await exported();
  expect(done).toMatchObject({ left_out: [], processed_bytes: audio.length });
  const { files, manifest } = await contentOf(done);
  expect(files.get("audio/Only there.wav")?.equals(audio)).toBe(true);
  expect(manifest.tracks).toMatchObject([
    { source: "pds", sha256: createHash("sha256").update(audio).digest("hex"), size: audio.length },
  ]);
  expect(manifest.tracks[0]?.uri).toContain(stage.artist.account.did);
  expect(await staged()).toEqual([]);
});

test.each([
  ["something else of the same length", "x".repeat(audio.length)],
  ["more than the record says", "x".repeat(audio.length + 4)],
  ["less than the record says", "x".repeat(1_000)],
])("a PDS that sends %s: the track is left out and never gets into the archive", async (_what, body) => {
  const rule = stage.gate.answer(getBlob, { status: 200, body });
  const done = await exported();
  rule.remove();
  expect(leftOut(done)).toEqual([WRONG]);
  expect([...(await contentOf(done)).files.keys()]).toEqual(["manifest.json"]);
  expect(await staged()).toEqual([]);
});

test("a PDS that is in trouble is asked a few times, not once for each track, and what it has is left out and named", async () => {
  await release("Another", randomBytes(1_000));
  const rule = stage.gate.answer(getBlob, { status: 502 });
  const done = await exported();
  rule.remove();
  expect(leftOut(done)).toEqual([AWAY, AWAY]);
  expect(rule.caught).toBe(3);
  expect(leftOut(await exported())).toEqual([]);
});

test("a PDS that is only briefly in trouble keeps nothing out", async () => {
  stage.gate.answer(getBlob, { status: 502 }, { times: 1 });
  expect(leftOut(await exported())).toEqual([]);
});

test("a PDS that asks for an hour's patience is not waited for", async () => {
  const rule = stage.gate.answer(getBlob, { status: 429, headers: { "retry-after": "3600" } });
  const done = await exported();
  rule.remove();
  expect(leftOut(done)).toEqual([AWAY, AWAY]);
});
