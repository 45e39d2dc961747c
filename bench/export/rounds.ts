import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { until } from "@plyr/dev";
import { openStudio, type Studio } from "./studio.ts";

/** One export, and one bare copy of the same audio. */
export interface Round {
  /** Of audio. */
  readonly bytes: number;
  /** The most memory that the exporting process ever had, in bytes. */
  readonly peak: number;
  readonly seconds: number;
  readonly copySeconds: number;
}

export async function measureStorage(
  kind: "folder" | "bucket",
  sizes: readonly number[],
  rounds: number,
  progress: (line: string) => void,
): Promise<Round[]> {
  const made: Round[] = [];
  const largest = Math.max(...sizes);
  await using studio = await openStudio(kind);
  for (const bytes of sizes) {
    await studio.release(bytes);
    for (let round = 1; round <= (bytes === largest ? rounds : 1); round += 1) {
      const { peak, seconds, archive } = await exportOnce(studio);
      if (bytes === largest) await demandSound(studio, archive);
      await studio.remove();
      const copySeconds = await copy(studio);
      made.push({ bytes, peak, seconds, copySeconds });
      progress(
        `${kind}, ${String(bytes / 1e6)} MB: ${(peak / 1e6).toFixed(0)} MB of memory, ` +
          `${(bytes / 1e6 / seconds).toFixed(0)} MB/s, bare copy ${(bytes / 1e6 / copySeconds).toFixed(0)} MB/s`,
      );
    }
  }
  return made;
}

async function exportOnce(studio: Studio): Promise<{ peak: number; seconds: number; archive: string }> {
  await using service = await studio.serve();
  const { id, began } = await service.begin();
  const ended = await until("the export is done", () => service.doneAt(id), {
    within: 3_600_000,
    every: 100,
  });
  const status = await readFile(`/proc/${String(service.pid)}/status`, "utf8");
  const peak = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024;
  return { peak, seconds: (ended - began) / 1_000, archive: `exports/${id}.zip` };
}

/** The same reading and writing through the same client, and nothing in between. @returns seconds */
async function copy(studio: Studio): Promise<number> {
  const { storage } = studio;
  async function* all(): AsyncGenerator<Buffer> {
    for (const key of studio.keys()) yield* await storage.get(key);
  }
  const began = performance.now();
  await storage.put("bench/copy", Readable.from(all(), { objectMode: false }), {
    contentType: "application/octet-stream",
  });
  const seconds = (performance.now() - began) / 1_000;
  await storage.delete("bench/copy");
  return seconds;
}

/** @throws when unzip has anything against the archive */
async function demandSound(studio: Studio, archive: string): Promise<void> {
  const path = studio.path(archive) ?? join(studio.folder, "fetched.zip");
  if (studio.path(archive) === null)
    await pipeline(await studio.storage.get(archive), createWriteStream(path));
  await promisify(execFile)("unzip", ["-tqq", path]);
  if (studio.path(archive) === null) await rm(path);
}
