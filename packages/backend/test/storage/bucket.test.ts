import { Readable } from "node:stream";
import { startBucket, until, type Bucket } from "@plyr/dev";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BucketRefused, openBucketStorage } from "../../src/storage/bucket-storage.js";
import { openStorage } from "../../src/storage/open.js";
import { StorageUnavailable, type Storage } from "../../src/storage/storage.js";

let bucket: Bucket;
let storage: Storage;
beforeAll(async () => {
  bucket = await startBucket();
  storage = openBucketStorage(bucket);
});
afterAll(async () => {
  storage.close();
  await bucket.close();
});

const text = (words: string) => Readable.from([Buffer.from(words)]);

test("an address that was signed gives the file to anybody, for as long as it says", async () => {
  await storage.put("signed", text("for anybody"), { contentType: "text/plain" });
  const url = await storage.url("signed", 60);
  const answer = await fetch(url ?? "");
  expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([
    200,
    "text/plain",
    "for anybody",
  ]);
  const { searchParams } = new URL(url ?? "");
  expect(searchParams.get("X-Amz-Expires")).toBe("60");
  expect(searchParams.get("X-Amz-Signature")).toMatch(/^[0-9a-f]{64}$/);
});

test("the parts that a killed process left are cleared away, and only those of that file", async () => {
  const before = bucket.files();
  const part = Buffer.alloc(9 * 1024 * 1024);
  const stuck = (): Readable => {
    let sent = false;
    return new Readable({
      highWaterMark: part.length,
      read() {
        // Then silence, as from a client whose server is about to die.
        if (!sent) this.push(part);
        sent = true;
      },
    });
  };
  // Nobody ever ends these: to the bucket that is the same as a process that was killed.
  const left = ["killed", "killed-2"].map((key) => ({ key, content: stuck() }));
  for (const { key, content } of left)
    storage.put(key, content, { contentType: "audio/wav" }).catch(() => undefined);
  const parts = () => bucket.files().filter((name) => name === "1").length;
  await until("both have a part in the bucket", () => parts() === 2);
  await storage.abort("killed");
  expect(parts()).toBe(1);
  await storage.abort("killed-2");
  expect(bucket.files()).toEqual(before);
});

test("a bucket that is away is said to be so, and works again when it is back", async () => {
  await storage.put("kept", text("kept"), { contentType: "text/plain" });
  await bucket.kill();
  await expect(storage.get("kept")).rejects.toThrow(StorageUnavailable);
  await expect(storage.head("kept")).rejects.toThrow(StorageUnavailable);
  await expect(storage.put("new", text("new"), { contentType: "text/plain" })).rejects.toThrow(
    StorageUnavailable,
  );
  await expect(storage.delete("kept")).rejects.toThrow(StorageUnavailable);
  const warnings: string[] = [];
  const log = {
    info: () => undefined,
    error: () => undefined,
    warn: (_fields: object, message: string) => {
      warnings.push(message);
    },
  };
  (await openStorage(bucket, log)).close();
  expect(warnings).toEqual(["the bucket can't be reached at the moment"]);
  await bucket.restart();
  expect(await storage.head("kept")).toEqual({ size: 4 });
});

test("a bucket that is not there is refused at the start, with what to set", async () => {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const opening = openStorage({ ...bucket, bucket: "no-such-bucket" }, log);
  await expect(opening).rejects.toThrow(BucketRefused);
  await expect(opening).rejects.toThrow(/no-such-bucket answers 404: set S3_BUCKET/);
});
