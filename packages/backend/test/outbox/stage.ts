import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@plyr/dev";
import type { Kysely } from "kysely";
import { migrateToLatest } from "../../src/database/migrate.js";
import { openDatabase } from "../../src/database/open.js";
import type { Schema } from "../../src/database/schema.js";
import { openRepositories } from "../../src/repository/open.js";
import { openFolderStorage } from "../../src/storage/folder-storage.js";
import { openBackground, type Background, type BackgroundOptions } from "../../src/tasks/background.js";

export interface LogLine {
  level: "info" | "warn" | "error";
  message: string;
  fields: object;
}

/** A migrated database, and as many processes on it as a test wants. No PDS: the tasks here are the tests' own. */
export interface Stage extends AsyncDisposable {
  db: Kysely<Schema>;
  /** What every process logged. */
  log: LogLine[];
  /** Another process, as far as the database and Redis can tell; started unless told otherwise. */
  process(options: Partial<BackgroundOptions>, started?: boolean): Promise<Background>;
  openIntents(): Promise<string[]>;
  /** Stops all processes: whoever is left over would take the next test's work. */
  endProcesses(): Promise<void>;
}

export async function setStage(kind: "postgres" | "embedded" = "postgres"): Promise<Stage> {
  await using starting = new AsyncDisposableStack();
  const db = await openDatabase(await place(kind, starting));
  starting.defer(() => db.destroy());
  await migrateToLatest(db);
  const storageDir = await mkdtemp(join(tmpdir(), "plyr-outbox-storage-"));
  starting.defer(() => rm(storageDir, { recursive: true, force: true }));
  const log: LogLine[] = [];
  const write = (level: LogLine["level"]) => (fields: object, message: string) => {
    log.push({ level, message, fields });
  };
  let processes: Background[] = [];
  const endProcesses = async (): Promise<void> => {
    await Promise.all(processes.map((background) => background.stop({ drain: "1s" })));
    processes = [];
  };
  starting.defer(endProcesses);
  const stack = starting.move();
  return {
    db,
    log,
    async process(options, started = true) {
      const background = await openBackground({
        db,
        docketName: "plyr",
        concurrency: 10,
        worker: true,
        restore: () => Promise.reject(new Error("no PDS here")),
        markGrantLost: () => Promise.resolve(),
        storage: openFolderStorage(storageDir),
        repositories: openRepositories({ environment: "development", plcUrl: "http://127.0.0.1:9" }),
        namespace: "fm.plyr.test",
        log: { info: write("info"), warn: write("warn"), error: write("error") },
        sweepInterval: 100,
        ...options,
      });
      processes.push(background);
      if (started) await background.start();
      return background;
    },
    async openIntents() {
      const rows = await db.selectFrom("intents").select("id").where("state", "=", "open").execute();
      return rows.map(({ id }) => id);
    },
    endProcesses,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function place(kind: "postgres" | "embedded", stack: AsyncDisposableStack) {
  if (kind === "postgres") {
    const postgres = stack.use(await startPostgres());
    return { databaseUrl: await postgres.createDatabase(), dataDir: "" };
  }
  const dataDir = await mkdtemp(join(tmpdir(), "plyr-outbox-"));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  return { dataDir };
}
