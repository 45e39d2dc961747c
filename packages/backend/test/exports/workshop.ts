import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBucket, startPostgres, until, type Bucket, type UntilOptions } from "@plyr/dev";
import type { Kysely } from "kysely";
import type { ExportStatus } from "../../src/database/exports-tables.js";
import { migrateToLatest } from "../../src/database/migrate.js";
import { openDatabase } from "../../src/database/open.js";
import type { Schema } from "../../src/database/schema.js";
import { Expirer } from "../../src/exports/expirer.js";
import type { ExportState } from "../../src/exports/export-state.js";
import { openExports, type Exports } from "../../src/exports/exports.js";
import { openRepositories } from "../../src/repository/open.js";
import { openStorage } from "../../src/storage/open.js";
import type { Storage } from "../../src/storage/storage.js";
import { openBackground, type Background, type BackgroundOptions } from "../../src/tasks/background.js";
import { plantTrack, type PlantedTrack } from "./planted.js";
import { artist, filesIn, listener, silent } from "./stage.js";

/** What makes exports, without HTTP in front of it: the domain, its tasks in process, Postgres, a bucket or a folder. */
export interface Workshop extends AsyncDisposable {
  db: Kysely<Schema>;
  storage: Storage;
  bucket: Bucket | undefined;
  exports: Exports;
  background: Background;
  expirer: Expirer;
  plant(track: PlantedTrack): ReturnType<typeof plantTrack>;
  begin(): Promise<string>;
  reaches(id: string, status: ExportStatus, options?: UntilOptions): Promise<ExportState>;
  stored(): Promise<string[]>;
}

/** Short, so that what takes a minute in life takes a second here. */
const short = { sweepInterval: 100, pauses: { shortest: 100, longest: 300 } };

export async function openWorkshop(
  kind: "folder" | "bucket",
  options: Partial<BackgroundOptions> = {},
  database: "postgres" | "embedded" = "postgres",
): Promise<Workshop> {
  await using starting = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "plyr-exports-data-"));
  starting.defer(() => rm(dataDir, { recursive: true, force: true }));
  const databaseUrl =
    database === "embedded" ? undefined : await starting.use(await startPostgres()).createDatabase();
  const db = await openDatabase({ databaseUrl, dataDir });
  starting.defer(() => db.destroy());
  await migrateToLatest(db);
  for (const { did, handle } of [artist, listener])
    await db.insertInto("people").values({ did, handle }).execute();
  const folder = await mkdtemp(join(tmpdir(), "plyr-exports-"));
  starting.defer(() => rm(folder, { recursive: true, force: true }));
  const bucket = kind === "bucket" ? starting.use(await startBucket()) : undefined;
  const storage = await openStorage(bucket ?? { folder }, silent);
  starting.defer(() => {
    storage.close();
  });
  const background = await openBackground({
    db,
    docketName: "plyr",
    concurrency: 10,
    worker: true,
    restore: () => Promise.reject(new Error("no PDS here")),
    markGrantLost: () => Promise.resolve(),
    storage,
    repositories: openRepositories({ environment: "development", plcUrl: "http://127.0.0.1:9" }),
    namespace: "fm.plyr.test",
    log: silent,
    ...short,
    ...options,
  });
  starting.defer(() => background.stop({ drain: "1s" }));
  await background.start();
  const exports = openExports({ db, outbox: background.outbox });
  const expirer = new Expirer({ db, outbox: background.outbox, log: silent, interval: 50 });
  starting.defer(() => expirer.stop());
  const stack = starting.move();
  return {
    db,
    storage,
    bucket,
    exports,
    background,
    expirer,
    plant: (track) => plantTrack(db, storage, artist, track),
    begin: async () => (await exports.begin(artist.did)).state.id,
    reaches: (id, status, until_ = { within: 20_000 }) =>
      until(
        `the export is ${status}`,
        async () => {
          const { state } = await exports.find(artist.did, id);
          return state.status === status && state;
        },
        until_,
      ),
    stored: async () => bucket?.files() ?? filesIn(folder),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
