import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { startBucket, startPostgres, until, type Bucket } from "@plyr/dev";
import type { Kysely } from "kysely";
import { z } from "zod";
import { BrowserSessions } from "../../src/auth/browser-sessions.js";
import { openDatabase } from "../../src/database/open.js";
import type { Schema } from "../../src/database/schema.js";
import { openStorage, type StoragePlace } from "../../src/storage/open.js";
import type { Storage } from "../../src/storage/storage.js";
import { runService, type RunningService } from "../http/running-service.js";
import { plantTrack, type Artist, type PlantedTrack } from "./planted.js";

export const exportAnswer = z.object({
  export_id: z.uuid(),
  status: z.enum(["waiting", "running", "done", "failed", "cancelled", "expired", "removed"]),
  reason: z.string().nullable(),
  processed_count: z.number(),
  total_count: z.number(),
  processed_bytes: z.number(),
  total_bytes: z.number(),
  size: z.number().nullable(),
  left_out: z.array(z.object({ title: z.string(), uri: z.string(), reason: z.string() })),
  download_url: z.string().nullable(),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
});
export type ExportAnswer = z.infer<typeof exportAnswer>;

export const artist: Artist = { did: "did:plc:artist", handle: "artist.test" };
export const listener: Artist = { did: "did:plc:listener", handle: "listener.test" };

/** The whole service over HTTP with Postgres, and a bucket or a folder; an artist and a listener, signed in. No PDS. */
export interface Stage extends AsyncDisposable {
  service: RunningService;
  db: Kysely<Schema>;
  storage: Storage;
  bucket: Bucket | undefined;
  plant(track: PlantedTrack, by?: Artist): ReturnType<typeof plantTrack>;
  /** @param who null: nobody */
  ask(who: Artist | null, method: string, path: string, headers?: Record<string, string>): Promise<Response>;
  /** The header that says who asks. */
  cookie(who: Artist): { cookie: string };
  begin(who: Artist): Promise<ExportAnswer>;
  state(who: Artist, id: string): Promise<ExportAnswer>;
  reaches(who: Artist, id: string, status: ExportAnswer["status"]): Promise<ExportAnswer>;
  /** Follows where it leads. */
  download(who: Artist, id: string): Promise<Response>;
  /** The names of all files in the storage, unfinished ones included. */
  stored(): Promise<string[]>;
}

export async function setStage(kind: "folder" | "bucket", env: Record<string, string> = {}): Promise<Stage> {
  await using starting = new AsyncDisposableStack();
  const databaseUrl = await starting.use(await startPostgres()).createDatabase();
  const bucket = kind === "bucket" ? starting.use(await startBucket()) : undefined;
  const place: Record<string, string> = bucket === undefined ? {} : { STORAGE_DIR: "", ...ofBucket(bucket) };
  const service = await runService({ databaseUrl, env: { ...place, ...env } });
  starting.defer(() => service.stop());
  const db = await openDatabase({ databaseUrl, dataDir: "/nowhere" });
  starting.defer(() => db.destroy());
  const folder = join(service.dataDir, "storage");
  const storage = await openStorage(bucket ?? { folder }, silent);
  starting.defer(() => {
    storage.close();
  });
  const cookies = new Map<string, string>();
  for (const { did, handle } of [artist, listener]) {
    await db.insertInto("people").values({ did, handle }).execute();
    cookies.set(did, await new BrowserSessions(db).open(did));
  }
  const stack = starting.move();

  const cookie: Stage["cookie"] = ({ did }) => ({ cookie: `plyr_session=${cookies.get(did) ?? ""}` });
  const ask: Stage["ask"] = (who, method, path, headers = {}) =>
    fetch(new URL(path, service.url), {
      method,
      redirect: "manual",
      headers: {
        ...(who === null ? {} : cookie(who)),
        ...headers,
      },
    });
  const state: Stage["state"] = async (who, id) =>
    exportAnswer.parse(await (await ask(who, "GET", `/exports/${id}`)).json());
  return {
    service,
    db,
    storage,
    bucket,
    plant: (track, by = artist) => plantTrack(db, storage, by, track),
    ask,
    cookie,
    begin: async (who) => exportAnswer.parse(await (await ask(who, "POST", "/exports/media")).json()),
    state,
    reaches: (who, id, status) =>
      until(
        `the export is ${status}`,
        async () => {
          const now = await state(who, id);
          return now.status === status && now;
        },
        { within: 20_000 },
      ),
    async download(who, id) {
      const answer = await ask(who, "GET", `/exports/${id}/download`);
      const location = answer.headers.get("location");
      return location === null ? answer : fetch(location);
    },
    stored: async () => bucket?.files() ?? filesIn(folder),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The settings with which the service keeps its files in this bucket. */
export function ofBucket(bucket: Extract<StoragePlace, { bucket: string }>): Record<string, string> {
  return {
    S3_BUCKET: bucket.bucket,
    S3_ENDPOINT: bucket.endpoint,
    S3_REGION: bucket.region,
    S3_ACCESS_KEY_ID: bucket.accessKeyId,
    S3_SECRET_ACCESS_KEY: bucket.secretAccessKey,
  };
}

export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) => (entry.isFile() ? [entry.name] : []));
}
