import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { startBucket, startPostgres } from "@plyr/dev";
import type { Kysely } from "kysely";
import { BrowserSessions } from "../../src/auth/browser-sessions.js";
import { migrateToLatest } from "../../src/database/migrate.js";
import { openDatabase } from "../../src/database/open.js";
import type { Schema } from "../../src/database/schema.js";
import { openStorage } from "../../src/storage/open.js";
import { serve, type Serving } from "../promise/serving.js";
import { plantTrack, type PlantedTrack } from "./planted.js";
import { artist, exportAnswer, filesIn, ofBucket, silent, type ExportAnswer } from "./stage.js";

const PART = 8 * 1024 * 1024;

/** A process of the service, and the artist at it. */
export interface Served extends Serving {
  begin(): Promise<string>;
  state(id: string): Promise<ExportAnswer>;
  remove(id: string): Promise<void>;
}

/** Where processes of the service are started and killed: Postgres, and a bucket or a folder. No PDS, no Redis. */
export interface Yard extends AsyncDisposable {
  readonly db: Kysely<Schema>;
  /** Where files are, if it is a folder. */
  readonly folder: string;
  serve(): Promise<Served>;
  plant(track: PlantedTrack): ReturnType<typeof plantTrack>;
  stored(): Promise<string[]>;
  /** Bytes of an archive that is not complete. */
  underway(): Promise<number>;
  content(key: string): Promise<Buffer>;
}

export async function setYard(kind: "folder" | "bucket"): Promise<Yard> {
  await using starting = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "plyr-yard-"));
  starting.defer(() => rm(dataDir, { recursive: true, force: true }));
  const databaseUrl = await starting.use(await startPostgres()).createDatabase();
  const db = await openDatabase({ databaseUrl, dataDir });
  starting.defer(() => db.destroy());
  await migrateToLatest(db);
  const bucket = kind === "bucket" ? starting.use(await startBucket()) : undefined;
  const folder = join(dataDir, "storage");
  const storage = await openStorage(bucket ?? { folder }, silent);
  starting.defer(() => {
    storage.close();
  });
  await db.insertInto("people").values(artist).execute();
  const cookie = `plyr_session=${await new BrowserSessions(db).open(artist.did)}`;
  const env: Record<string, string> = bucket === undefined ? {} : { STORAGE_DIR: "", ...ofBucket(bucket) };
  const stack = starting.move();
  return {
    db,
    folder,
    async serve() {
      const nowhere = { url: "http://127.0.0.1:1", plcUrl: "http://127.0.0.1:1" };
      const serving = await serve({ pds: nowhere, dataDir, databaseUrl, docketUrl: undefined, env });
      stack.defer(() => serving.program.close());
      const ask = async (method: string, path: string): Promise<ExportAnswer> => {
        const answer = await fetch(serving.url + path, { method, headers: { cookie } });
        return exportAnswer.parse(await answer.json());
      };
      return {
        ...serving,
        begin: async () => (await ask("POST", "/exports/media")).export_id,
        state: (id) => ask("GET", `/exports/${id}`),
        remove: async (id) => {
          await ask("DELETE", `/exports/${id}`);
        },
      };
    },
    plant: (track) => plantTrack(db, storage, artist, track),
    stored: async () => bucket?.files() ?? filesIn(folder),
    underway: async () => {
      // The server's own names of parts are their numbers.
      if (bucket !== undefined) return bucket.files().filter((name) => /^\d+$/.test(name)).length * PART;
      const drafts = join(folder, ".incoming");
      const sizes = await Promise.all(
        (await readdir(drafts)).map(async (name) => (await stat(join(drafts, name))).size),
      );
      return sizes.reduce((sum, size) => sum + size, 0);
    },
    content: async (key) => buffer(await storage.get(key)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
