import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { startBucket } from "@plyr/dev";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWholeFile } from "../../src/exports/whole-file.js";
import { writeArchive, type PackedFile } from "../../src/exports/write-archive.js";
import { openBucketStorage, partSize } from "../../src/storage/bucket-storage.js";
import { openFolderStorage } from "../../src/storage/folder-storage.js";
import { NotStored, StorageUnavailable, type Storage } from "../../src/storage/storage.js";
import { startBrittleLine } from "./brittle-line.js";
import { filesIn } from "./stage.js";
import { unpacked } from "./unpacked.js";

const MiB = 1024 * 1024;
const modified = new Date("2026-11-24T12:00:00Z");
const options = () => ({ fileName: "a.zip", expected: 0, signal: new AbortController().signal });

describe("an archive", () => {
  let folder: string;
  let storage: Storage;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "plyr-archive-"));
    storage = openFolderStorage(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("holds what it was given, in the order given, empty files included", async () => {
    const large = randomBytes(3 * MiB);
    const manifest = {
      artist: { did: "d", handle: "h" },
      madeAt: modified.toISOString(),
      tracks: [],
      leftOut: [],
    };
    function* files(): Generator<PackedFile> {
      yield { name: "audio/large", content: [large.subarray(0, MiB), large.subarray(MiB)], modified };
      yield { name: "audio/empty", content: [], modified };
      yield { name: "manifest.json", content: [Buffer.from(JSON.stringify(manifest))], modified };
    }
    const { size } = await writeArchive(storage, "whole.zip", Readable.from(files()), options());
    const archive = await buffer(await storage.get("whole.zip"));
    expect(archive.length).toBe(size);
    const { files: inside } = await unpacked(archive);
    expect([...inside.keys()].sort()).toEqual(["audio/empty", "audio/large", "manifest.json"]);
    expect(inside.get("audio/large")?.equals(large)).toBe(true);
    // Stored, not compressed: what is in it lies there as it is.
    expect(archive.includes(large)).toBe(true);
  });

  test("whose content fails leaves nothing, and fails with that", async () => {
    const before = await filesIn(folder);
    const trouble = new StorageUnavailable("the audio is away");
    let closed = false;
    async function* files(): AsyncGenerator<PackedFile> {
      try {
        yield { name: "first", content: [randomBytes(MiB)], modified };
        await Promise.resolve();
        throw trouble;
      } finally {
        closed = true;
      }
    }
    await expect(writeArchive(storage, "broken.zip", files(), options())).rejects.toBe(trouble);
    function* breaking(): Generator<Uint8Array> {
      yield randomBytes(MiB);
      throw trouble;
    }
    const inside = Readable.from([{ name: "a", content: breaking(), modified }]);
    await expect(writeArchive(storage, "broken.zip", inside, options())).rejects.toBe(trouble);
    expect(closed).toBe(true);
    expect(await filesIn(folder)).toEqual(before);
  });

  test("that is given up closes what it reads, leaves nothing, and fails with the reason", async () => {
    const before = await filesIn(folder);
    const giving = new AbortController();
    const reason = new Error("no longer wanted");
    let closed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (let sent = 0; ; sent += 1) {
          if (sent === 8) giving.abort(reason);
          yield Buffer.alloc(MiB);
          await Promise.resolve();
        }
      } finally {
        closed = true;
      }
    }
    const files = Readable.from([{ name: "endless", content: endless(), modified }]);
    const writing = writeArchive(storage, "endless.zip", files, { ...options(), signal: giving.signal });
    await expect(writing).rejects.toBe(reason);
    expect(closed).toBe(true);
    expect(await filesIn(folder)).toEqual(before);
  });

  test("whose storage fails is given up, and nobody waits for what it would have read", async () => {
    const bucket = await startBucket();
    const away = openBucketStorage(bucket);
    await bucket.close();
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        yield Buffer.alloc(MiB);
        await Promise.resolve();
      }
    }
    const files = Readable.from([{ name: "endless", content: endless(), modified }]);
    await expect(writeArchive(away, "a.zip", files, options())).rejects.toThrow(StorageUnavailable);
    away.close();
  });
});

test("parts are as large as always up to 70 GiB, and then no more of them than a bucket takes", () => {
  expect(partSize(0)).toBe(8 * MiB);
  expect(partSize(70 * 1024 * MiB)).toBe(8 * MiB);
  for (const expected of [100 * 1024 * MiB, 1024 * 1024 * MiB])
    expect(expected / partSize(expected)).toBeLessThanOrEqual(9_000);
});

test("a line to the storage that breaks in the middle of a file is taken up where it broke", async () => {
  await using bucket = await startBucket();
  await using line = await startBrittleLine(Number(new URL(bucket.endpoint).port));
  const storage = openBucketStorage({ ...bucket, endpoint: line.url });
  const content = randomBytes(6 * MiB);
  await storage.put("file", Readable.from([content]), { contentType: "audio/wav" });
  line.cutAfter(MiB);
  const read = await buffer(Readable.from(await openWholeFile(storage, "file", content.length)));
  expect(read.equals(content)).toBe(true);
  expect(line.cuts()).toBeGreaterThanOrEqual(4);
  storage.close();
});

test("a line that breaks before anything comes, again and again, is an error", async () => {
  await using bucket = await startBucket();
  await using line = await startBrittleLine(Number(new URL(bucket.endpoint).port));
  const storage = openBucketStorage({ ...bucket, endpoint: line.url });
  await storage.put("file", Readable.from([randomBytes(MiB)]), { contentType: "audio/wav" });
  const file = await openWholeFile(storage, "file", 2 * MiB);
  await expect(buffer(Readable.from(file))).rejects.toThrow(StorageUnavailable);
  await expect(openWholeFile(storage, "nowhere", 1)).rejects.toThrow(NotStored);
  storage.close();
});
