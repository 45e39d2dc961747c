import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startBucket } from "@plyr/dev";
import { expect, test } from "vitest";
import { z } from "zod";

const MiB = 1024 * 1024;
const SIZE = 384 * MiB;
const ALLOWED = 64 * MiB;

/** By how many bytes a process grows that stores and reads a file of `SIZE`, beyond what a small one takes. */
async function growth(place: object): Promise<number> {
  const program = join(import.meta.dirname, "copying-process.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [
    program,
    JSON.stringify(place),
    String(SIZE),
  ]);
  return z.object({ grown: z.number() }).parse(JSON.parse(stdout)).grown;
}

test("a file is never in memory as a whole: in a folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "plyr-storage-"));
  try {
    const grown = await growth({ folder });
    console.log(`384 MiB through a folder: ${String(Math.round(grown / MiB))} MiB more than 32 MiB`);
    expect(grown).toBeLessThan(ALLOWED);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);

test("a file is never in memory as a whole: in a bucket", async () => {
  const bucket = await startBucket();
  try {
    const { endpoint, bucket: name, region, accessKeyId, secretAccessKey } = bucket;
    const grown = await growth({ endpoint, bucket: name, region, accessKeyId, secretAccessKey });
    console.log(`384 MiB through a bucket: ${String(Math.round(grown / MiB))} MiB more than 32 MiB`);
    expect(grown).toBeLessThan(ALLOWED);
  } finally {
    await bucket.close();
  }
}, 120_000);
