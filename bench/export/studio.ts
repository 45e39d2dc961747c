import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import {
  adoptTrack,
  BrowserSessions,
  collectionsOf,
  migrateToLatest,
  openDatabase,
  openStorage,
  type Storage,
} from "@plyr/backend";
import { freePort, Program, startBucket, startPostgres, until } from "@plyr/dev";
import { z } from "zod";

/** A process of the service that exports. */
export interface Exporting extends AsyncDisposable {
  readonly pid: number;
  /** @returns also when the export was accepted; milliseconds since the epoch */
  begin(): Promise<{ id: string; began: number }>;
  /** When it was done; false: not yet. @throws when it never will be */
  doneAt(id: string): Promise<number | false>;
}

/** An artist whose tracks take hardly any room, and the service that exports them. */
export interface Studio extends AsyncDisposable {
  readonly storage: Storage;
  readonly folder: string;
  /** The file behind a key; null: it is in a bucket. */
  path(key: string): string | null;
  /** Makes the artist's tracks anew: so many bytes together, one of them half of it. */
  release(bytes: number): Promise<void>;
  /** Where their audio is, in order; several can be in one place. */
  keys(): readonly string[];
  serve(): Promise<Exporting>;
  /** Takes all archives away. */
  remove(): Promise<void>;
}

const NAMESPACE = "fm.plyr.bench";
const artist = { did: "did:plc:bench", handle: "bench.test" };
/** Of a file in a bucket, which can't be sparse: many tracks share one. */
const SHARED = 50_000_000;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const serveProgram = fileURLToPath(new URL("bin/serve.js", import.meta.resolve("@plyr/backend")));
const answer = z.object({ export_id: z.string() });

export async function openStudio(kind: "folder" | "bucket"): Promise<Studio> {
  await using starting = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "plyr-bench-export-"));
  starting.defer(() => rm(folder, { recursive: true, force: true }));
  const databaseUrl = await starting.use(await startPostgres()).createDatabase();
  const db = await openDatabase({ databaseUrl, dataDir: folder });
  starting.defer(() => db.destroy());
  await migrateToLatest(db);
  await db.insertInto("people").values(artist).execute();
  const cookie = `plyr_session=${await new BrowserSessions(db).open(artist.did)}`;
  const bucket = kind === "bucket" ? starting.use(await startBucket()) : undefined;
  const files = join(folder, "storage");
  const storage = await openStorage(bucket ?? { folder: files }, silent);
  starting.defer(() => {
    storage.close();
  });
  const place: Record<string, string> =
    bucket === undefined
      ? { STORAGE_DIR: files }
      : {
          S3_BUCKET: bucket.bucket,
          S3_ENDPOINT: bucket.endpoint,
          S3_REGION: bucket.region,
          S3_ACCESS_KEY_ID: bucket.accessKeyId,
          S3_SECRET_ACCESS_KEY: bucket.secretAccessKey,
        };
  let keys: string[] = [];
  const stack = starting.move();

  /** @returns the key of a file of this size */
  async function file(bytes: number): Promise<string> {
    const key = `audio/of-${String(bytes)}`;
    if ((await storage.head(key)) !== null) return key;
    const some = kind === "folder" ? 1 : bytes;
    await storage.put(key, Readable.from(zeros(some), { objectMode: false }), { contentType: "audio/wav" });
    if (kind === "folder") {
      const handle = await open(join(files, key), "r+");
      await handle.truncate(bytes);
      await handle.close();
    }
    return key;
  }

  return {
    storage,
    folder,
    path: (key) => (kind === "folder" ? join(files, key) : null),
    keys: () => keys,
    async release(bytes) {
      await db.deleteFrom("tracks").execute();
      keys = [];
      for (const [number, size] of sizesOf(bytes, kind).entries()) {
        const key = await file(size);
        const { id } = await adoptTrack(db, {
          artist: { ...artist, displayName: null },
          track: {
            title: `Track ${String(number)}`,
            fileType: "wav",
            duration: 9,
            audioUrl: "http://127.0.0.1/",
          },
          record: {
            collection: collectionsOf(NAMESPACE).track,
            rkey: `track-${String(bytes)}-${String(number)}`,
            content: {},
            cid: "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a",
          },
        });
        await db
          .updateTable("tracks")
          .set({ file_key: key, size, mime_type: "audio/wav" })
          .where("id", "=", id)
          .execute();
        keys.push(key);
      }
    },
    async serve() {
      const port = await freePort();
      const url = `http://127.0.0.1:${String(port)}`;
      const program = new Program({
        name: "the service",
        command: process.execPath,
        args: [serveProgram],
        env: {
          PATH: process.env["PATH"],
          PLYR_ENV: "development",
          PORT: String(port),
          DATA_DIR: folder,
          DATABASE_URL: databaseUrl,
          COLLECTION_NAMESPACE: NAMESPACE,
          ...place,
        },
      });
      await program.start();
      await until("the service answers", async () => (await fetch(`${url}/health`)).ok, { within: 30_000 });
      return {
        pid: program.pid,
        async begin() {
          const began = Date.now();
          const response = await fetch(`${url}/exports/media`, { method: "POST", headers: { cookie } });
          return { id: answer.parse(await response.json()).export_id, began };
        },
        async doneAt(id) {
          const row = await db
            .selectFrom("exports")
            .select(["status", "reason", "ended_at"])
            .where("id", "=", id)
            .executeTakeFirstOrThrow();
          if (row.status === "failed") throw new Error(`the export failed: ${row.reason ?? ""}`);
          if (row.status !== "done" || row.ended_at === null) return false;
          return row.ended_at.getTime();
        },
        [Symbol.asyncDispose]: () => program.close(),
      };
    },
    async remove() {
      const all = await db.selectFrom("exports").select("id").execute();
      for (const { id } of all) await storage.delete(`exports/${id}.zip`);
      await db.deleteFrom("exports").execute();
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** In a folder a file may be as large as it likes (past 4 GB it needs zip64); in a bucket each takes its room. */
function sizesOf(bytes: number, kind: "folder" | "bucket"): number[] {
  if (kind === "bucket") {
    const whole = Math.floor(bytes / SHARED);
    const rest = bytes - whole * SHARED;
    return [...Array.from({ length: whole }, () => SHARED), ...(rest > 0 ? [rest] : [])];
  }
  const half = Math.floor(bytes / 2);
  const tenth = Math.floor(bytes / 20);
  return [half, ...Array.from({ length: 9 }, () => tenth), bytes - half - 9 * tenth];
}

function* zeros(bytes: number): Generator<Buffer> {
  const piece = Buffer.alloc(1_000_000);
  for (let sent = 0; sent < bytes; sent += piece.length) yield piece.subarray(0, bytes - sent);
}
