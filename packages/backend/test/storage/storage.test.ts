import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { startBucket } from "@plyr/dev";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBucketStorage } from "../../src/storage/bucket-storage.js";
import { openFolderStorage } from "../../src/storage/folder-storage.js";
import { NotStored, type Storage } from "../../src/storage/storage.js";

interface Stage extends AsyncDisposable {
  storage: Storage;
  /** Everything that is on the disk behind it, drafts and parts included. */
  files(): Promise<string[]>;
}

const MiB = 1024 * 1024;
const audio = { contentType: "audio/wav" };

async function folderStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "plyr-storage-"));
  return {
    storage: openFolderStorage(folder),
    files: async () => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      return entries.flatMap((entry) => (entry.isFile() ? [entry.name] : []));
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function bucketStage(): Promise<Stage> {
  const bucket = await startBucket();
  const storage = openBucketStorage(bucket);
  return {
    storage,
    files: () => Promise.resolve(bucket.files()),
    async [Symbol.asyncDispose]() {
      storage.close();
      await bucket.close();
    },
  };
}

const PIECE = 256 * 1024;

/** Bytes that come in pieces, and then `after`: an end, an error, or silence. */
function pieces(size: number, after: (content: Readable) => void): Readable {
  const piece = randomBytes(PIECE);
  let sent = 0;
  return new Readable({
    read() {
      if (sent >= size) {
        after(this);
        return;
      }
      this.push(piece.subarray(0, Math.min(PIECE, size - sent)));
      sent += PIECE;
    },
  });
}

describe.each([
  ["folder", folderStage],
  ["bucket", bucketStage],
] as const)("storage in a %s", (_kind, setStage) => {
  let stage: Stage;
  let storage: Storage;
  beforeAll(async () => {
    stage = await setStage();
    storage = stage.storage;
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  test.each([
    ["empty", 0],
    ["small", 1_000],
    ["of exactly one part", 8 * MiB],
    ["of several parts", 20 * MiB + 1],
  ])("a file that is %s comes back as it was stored", async (_what, size) => {
    const content = randomBytes(size);
    const key = `files/${String(size)}`;
    expect(await storage.put(key, Readable.from(content, { objectMode: false }), audio)).toEqual({ size });
    expect(await storage.head(key)).toEqual({ size });
    expect((await buffer(await storage.get(key))).equals(content)).toBe(true);
  });

  test("a part of a file is what was asked for, both ends included", async () => {
    const content = randomBytes(5_000);
    await storage.put("ranges", Readable.from([content]), audio);
    for (const [start, end] of [
      [0, 1],
      [0, 4_999],
      [1_000, 1_999],
      [4_999, 4_999],
    ] as const) {
      const part = await buffer(await storage.get("ranges", { start, end }));
      expect(part.equals(content.subarray(start, end + 1)), `${String(start)}-${String(end)}`).toBe(true);
    }
  });

  test("a file stored again under its key takes the place of the earlier one", async () => {
    await storage.put("again", Readable.from([Buffer.from("earlier")]), audio);
    await storage.put("again", Readable.from([Buffer.from("later")]), audio);
    expect((await buffer(await storage.get("again"))).toString()).toBe("later");
  });

  test("what is not there: no size, an error of its own when read, and no error when deleted", async () => {
    expect(await storage.head("nowhere/at-all")).toBeNull();
    await expect(storage.get("nowhere/at-all")).rejects.toThrow(NotStored);
    await storage.delete("nowhere/at-all");
    await storage.abort("nowhere/at-all");
  });

  test("a deleted file is gone", async () => {
    await storage.put("deleted", Readable.from([Buffer.from("x")]), audio);
    await storage.delete("deleted");
    expect(await storage.head("deleted")).toBeNull();
    await expect(storage.get("deleted")).rejects.toThrow(NotStored);
  });

  test.each([1_000, 20 * MiB])("content that breaks off after %i bytes leaves nothing", async (size) => {
    const before = await stage.files();
    const error = new Error("the line was cut");
    const content = pieces(size, (stream) => stream.destroy(error));
    await expect(storage.put("broken", content, audio)).rejects.toBe(error);
    expect(await storage.head("broken")).toBeNull();
    expect(await stage.files()).toEqual(before);
  });

  test("a file given up in the middle leaves nothing, not even parts", async () => {
    const before = await stage.files();
    const giving = new AbortController();
    const halfway = Promise.withResolvers<undefined>();
    const content = pieces(20 * MiB, () => {
      halfway.resolve(undefined);
    });
    const putting = storage.put("given-up", content, { ...audio, signal: giving.signal });
    await halfway.promise;
    giving.abort();
    await expect(putting).rejects.toMatchObject({ name: "AbortError" });
    expect(await storage.head("given-up")).toBeNull();
    expect(await stage.files()).toEqual(before);
  });

  test.each(["", "/etc/passwd", "../up", "a/../b", "a//b", "a/", ".hidden", "a b", "a\0b", "ü", "a%2fb"])(
    "%j is no key",
    async (key) => {
      await expect((async () => storage.put(key, Readable.from([]), audio))()).rejects.toThrow(TypeError);
      await expect((async () => storage.get(key))()).rejects.toThrow(TypeError);
      await expect((async () => storage.delete(key))()).rejects.toThrow(TypeError);
      await expect((async () => storage.abort(key))()).rejects.toThrow(TypeError);
    },
  );
});
