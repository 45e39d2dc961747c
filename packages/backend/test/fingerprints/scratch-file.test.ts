import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeScratch } from "../../src/fingerprints/scratch-file.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plyr-scratch-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("what a process left that was killed before it could take the name away goes with the next file", async () => {
  const anHourAgo = new Date(Date.now() - 3_600_000);
  await writeFile(join(folder, "left-by-a-dead-one"), "");
  await utimes(join(folder, "left-by-a-dead-one"), anHourAgo, anHourAgo);
  await writeFile(join(folder, "being-made-by-another"), "");

  await using file = await writeScratch(folder, Readable.from([Buffer.from("audio")]));
  expect(file.fd).toBeGreaterThan(0);
  expect(await readdir(folder)).toEqual(["being-made-by-another"]);
});
