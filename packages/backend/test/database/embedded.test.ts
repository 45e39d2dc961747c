import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FolderInUse } from "../../src/database/folder-lock.js";
import { migrateToLatest } from "../../src/database/migrate.js";
import { openDatabase } from "../../src/database/open.js";

// Booting the embedded database takes seconds, and many of them on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

let dataDir: string;
let keeper: ChildProcess | undefined;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "plyr-database-"));
});

afterEach(async () => {
  keeper?.kill("SIGKILL");
  keeper = undefined;
  await rm(dataDir, { recursive: true });
});

async function openElsewhere(): Promise<ChildProcess> {
  keeper = fork(join(import.meta.dirname, "folder-keeper.ts"), [dataDir]);
  await once(keeper, "message");
  return keeper;
}

test("what was committed is there after closing and opening again", async () => {
  const first = await openDatabase({ dataDir });
  await migrateToLatest(first);
  await first.insertInto("people").values({ did: "did:plc:ana", handle: "ana.test" }).execute();
  await first.destroy();

  const second = await openDatabase({ dataDir });
  await migrateToLatest(second);
  expect(await second.selectFrom("people").select("handle").execute()).toEqual([{ handle: "ana.test" }]);
  await second.destroy();
});

test("a copy of the folder that was made while nobody had it open is the database as it was then", async () => {
  const copy = `${dataDir}-copy`;
  try {
    const db = await openDatabase({ dataDir });
    await migrateToLatest(db);
    await db.insertInto("people").values({ did: "did:plc:ana", handle: "ana.test" }).execute();
    await db.destroy();
    await cp(dataDir, copy, { recursive: true });
    const restored = await openDatabase({ dataDir: copy });
    expect(await restored.selectFrom("people").select("handle").execute()).toEqual([{ handle: "ana.test" }]);
    await restored.destroy();
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
});

test("a folder is open once within a process", async () => {
  const db = await openDatabase({ dataDir });
  await expect(openDatabase({ dataDir })).rejects.toThrow(FolderInUse);
  await db.destroy();
});

test("another process is refused, told who has it, and let in when that one is killed", async () => {
  const other = await openElsewhere();
  await expect(openDatabase({ dataDir })).rejects.toThrow(
    `is open in another process (process ${String(other.pid)}): stop that one, choose another DATA_DIR`,
  );

  other.kill("SIGKILL");
  await once(other, "exit");
  const db = await openDatabase({ dataDir });
  expect((await sql<{ one: number }>`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
  await db.destroy();
});
