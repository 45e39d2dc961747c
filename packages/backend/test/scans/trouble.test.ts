import { chmod, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { startPostgres } from "@plyr/dev";
import type { Kysely } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrateToLatest } from "../../src/database/migrate.js";
import { openDatabase } from "../../src/database/open.js";
import type { Schema } from "../../src/database/schema.js";
import { FingerprintThread } from "../../src/fingerprints/fingerprint-thread.js";
import { AudioReader } from "../../src/scans/audio-reader.js";
import { openFolderStorage } from "../../src/storage/folder-storage.js";
import type { Storage } from "../../src/storage/storage.js";
import { makeAudio, type Format } from "../tracks/audio.js";
import { setStage } from "../tracks/stage.js";
import { scanned, scanOf } from "./stage.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plyr-scan-trouble-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("a damaged or shortened file is never compared", () => {
  let stack: AsyncDisposableStack;
  let db: Kysely<Schema>;
  let storage: Storage;
  let thread: FingerprintThread;
  beforeAll(async () => {
    stack = new AsyncDisposableStack();
    const databaseUrl = await stack.use(await startPostgres()).createDatabase();
    db = await openDatabase({ databaseUrl, dataDir: folder });
    stack.defer(() => db.destroy());
    await migrateToLatest(db);
    storage = openFolderStorage(join(folder, "storage"));
    thread = new FingerprintThread();
    stack.defer(() => thread.close());
  });
  afterAll(() => stack.disposeAsync());

  const SECONDS = 8;
  async function read(audio: Buffer, signal = new AbortController().signal): Promise<number> {
    await storage.put("audio/x", Readable.from([audio]), { contentType: "audio/any" });
    const reader = new AudioReader({
      ...{ db, storage, thread, ffmpeg: "ffmpeg" },
      scratchDir: join(folder, "scratch"),
    });
    return (await reader.read("audio/x", SECONDS, signal)).seconds;
  }
  const formats: readonly Format[] = ["mp3", "wav", "flac", "m4a", "ogg", "opus"];

  test.each(formats)("%s: whole, it is read", async (format) => {
    expect(await read(await makeAudio(format, SECONDS))).toBeCloseTo(SECONDS, 0);
  });

  test.each(formats)("%s: cut off after a half", async (format) => {
    const audio = await makeAudio(format, SECONDS);
    await expect(read(audio.subarray(0, audio.length / 2))).rejects.toThrow(/^The file is damaged: /);
  });

  test.each(formats.filter((format) => format !== "wav"))(
    "%s: overwritten from a tenth on",
    async (format) => {
      const audio = await makeAudio(format, SECONDS);
      audio.fill(0x5a, Math.floor(audio.length / 10));
      await expect(read(audio)).rejects.toThrow(/^The file is damaged: /);
    },
  );

  test("no file at all is failed, storage that is away is put off", async () => {
    const reader = (from: Storage) =>
      new AudioReader({ db, storage: from, thread, ffmpeg: "ffmpeg", scratchDir: join(folder, "scratch") });
    const { signal } = new AbortController();
    await expect(reader(storage).read("audio/none", 1, signal)).rejects.toMatchObject({
      name: "ScanFailed",
      message: "The audio is gone from our storage.",
    });
  });

  test("a playlist that names another file is not followed", async () => {
    const playlist = Buffer.from(`#EXTM3U\n#EXTINF:20,\nfile:///etc/passwd\n`);
    await expect(read(playlist)).rejects.toThrow(/^The file is damaged: /);
  });
});

test("without ffmpeg a scan is failed with its reason, and goes on by itself once ffmpeg is there", async () => {
  const ffmpeg = join(folder, "ffmpeg-later");
  await using stage = await setStage("folder", { FFMPEG: ffmpeg });
  const { trackId } = await stage.upload(stage.artist, await makeAudio("mp3", 2));
  const scan = await scanned(stage.artist, trackId, ({ state }) => state === "failed");
  expect(scan.at).toBeNull();
  expect(scan.reason).toMatch(/ffmpeg-later, which decodes audio, can't be started here/);
  await symlink("/usr/bin/ffmpeg", ffmpeg);
  await scanned(stage.artist, trackId, ({ state }) => state === "clear");
}, 90_000);

test("while a scan takes its time, likes don't wait", async () => {
  const gate = join(folder, "go-on");
  const ffmpeg = join(folder, "ffmpeg-slow");
  await writeFile(ffmpeg, `#!/bin/sh\nwhile [ ! -e ${gate} ]; do sleep 0.05; done\nexec ffmpeg "$@"\n`);
  await chmod(ffmpeg, 0o755);
  await using stage = await setStage("folder", { FFMPEG: ffmpeg, DOCKET_WORKER_CONCURRENCY: "2" });
  const upload = await stage.upload(stage.artist, await makeAudio("mp3", 2));
  await stage.upload(stage.artist, await makeAudio("mp3", 3));
  await stage.reaches(stage.artist, upload.uploadId, "done");
  await stage.listener.browser.post(`/tracks/${String(upload.trackId)}/like`);
  await expect
    .poll(async () => (await stage.listener.browser.get(`/tracks/${String(upload.trackId)}/like`)).json(), {
      timeout: 10_000,
    })
    .toMatchObject({ write: { state: "confirmed" } });
  expect(await scanOf(stage.artist, upload.trackId)).toMatchObject({ state: "pending" });
  await writeFile(gate, "");
  await scanned(stage.artist, upload.trackId, ({ state }) => state === "clear");
}, 90_000);
