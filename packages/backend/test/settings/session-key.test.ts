import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadSessionKeys } from "../../src/settings/session-key.js";
import { SettingsError } from "../../src/settings/settings-error.js";

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "plyr-key-"));
});

afterEach(() => rm(dataDir, { recursive: true }));

test("the keys that are set win, the first encrypts, and no file is made", async () => {
  const key = Buffer.alloc(32, 1);
  const older = Buffer.alloc(32, 2);
  expect(await loadSessionKeys([key, older], dataDir)).toEqual({ current: key, others: [older] });
  await expect(stat(join(dataDir, "session.key"))).rejects.toThrow("ENOENT");
});

test("without one it is made once, for its owner's eyes only, and kept", async () => {
  const first = await loadSessionKeys([], join(dataDir, "new", "folder"));
  expect(first.current).toHaveLength(32);
  expect((await stat(join(dataDir, "new", "folder", "session.key"))).mode & 0o777).toBe(0o600);
  expect(await loadSessionKeys([], join(dataDir, "new", "folder"))).toEqual(first);
});

test("processes that start together agree on one key", async () => {
  const keys = await Promise.all(Array.from({ length: 20 }, () => loadSessionKeys([], dataDir)));
  expect(new Set(keys.map(({ current }) => current.toString("base64"))).size).toBe(1);
  expect(await readFile(join(dataDir, "session.key"), "utf8")).toBe(keys[0]?.current.toString("base64"));
});

test("a file that holds no key is refused by name", async () => {
  await writeFile(join(dataDir, "session.key"), "nonsense");
  await expect(loadSessionKeys([], dataDir)).rejects.toThrow(SettingsError);
  await expect(loadSessionKeys([], dataDir)).rejects.toThrow(/session\.key does not hold 32 bytes/);
});
