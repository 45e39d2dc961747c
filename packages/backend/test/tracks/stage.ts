import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { AtpAgent } from "@atproto/api";
import {
  startBucket,
  startGatedPds,
  startPostgres,
  until,
  Visitor,
  type Account,
  type Bucket,
  type Gate,
  type Pds,
} from "@plyr/dev";
import type { Kysely } from "kysely";
import { z } from "zod";
import { openDatabase } from "../../src/database/open.js";
import type { Schema } from "../../src/database/schema.js";
import { collectionsOf } from "../../src/records/collections.js";
import { NAMESPACE, runService, type RunningService } from "../http/running-service.js";

export const collections = collectionsOf(NAMESPACE);
export const MAX_UPLOAD = 3 * 1024 * 1024;
/** Below it, so that there is audio that we take and the PDS doesn't. */
export const BLOB_LIMIT = 1024 * 1024;

const progress = z.object({
  id: z.string(),
  phase: z.string(),
  title: z.string(),
  trackId: z.number().nullable(),
  bytes: z.object({ received: z.number(), sent: z.number(), size: z.number().nullable() }),
  reason: z.string().nullable(),
  write: z.object({ state: z.string(), uri: z.string(), reason: z.string().nullable() }).nullable(),
});
export type Progress = z.infer<typeof progress>;

const accepted = z.object({ upload: z.object({ id: z.string() }), track: z.object({ id: z.number() }) });

const onPds = z.object({
  uri: z.string(),
  cid: z.string(),
  value: z.looseObject({
    title: z.string(),
    createdAt: z.string(),
    audioUrl: z.string(),
    audioBlob: z
      .object({ ref: z.object({ $link: z.string() }), mimeType: z.string(), size: z.number() })
      .optional(),
  }),
});
export type TrackOnPds = z.infer<typeof onPds>;

/** Signed in at the service with a browser of their own. */
export interface Person {
  account: Account;
  browser: Visitor;
}

/** The whole service with a real PDS behind a gate, Postgres, and S3 or a folder; an artist and a listener signed in. */
export interface Stage extends AsyncDisposable {
  service: RunningService;
  db: Kysely<Schema>;
  databaseUrl: string;
  gate: Gate;
  pds: Pds;
  /** Where files are kept; undefined: in a folder. */
  bucket: Bucket | undefined;
  artist: Person;
  listener: Person;
  /** One more person, signed in. */
  enter(name: string): Promise<Person>;
  /** Sends a form as the page does. */
  send(person: Person, form: FormData): Promise<Response>;
  /** Uploads a file that is to be accepted. */
  upload(
    person: Person,
    audio: Uint8Array<ArrayBuffer>,
    words?: { name?: string; title?: string; description?: string },
  ): Promise<{ uploadId: string; trackId: number }>;
  progress(person: Person, uploadId: string): Promise<Progress>;
  reaches(person: Person, uploadId: string, phase: string): Promise<Progress>;
  /** The names of all files in the storage, unfinished ones included. */
  stored(): Promise<string[]>;
  /** The artist's track records as the PDS gives them to anybody, read past the gate. */
  tracksOnPds(): Promise<TrackOnPds[]>;
  /** The status with which the PDS answers for a blob of the artist's. */
  blobStatus(cid: string): Promise<number>;
}

export async function setStage(
  kind: "folder" | "bucket" = "folder",
  env: Record<string, string> = {},
): Promise<Stage> {
  await using starting = new AsyncDisposableStack();
  const { pds, gate } = starting.use(await startGatedPds({ blobUploadLimit: BLOB_LIMIT }));
  const postgres = starting.use(await startPostgres());
  const databaseUrl = await postgres.createDatabase();
  const bucket = kind === "bucket" ? starting.use(await startBucket()) : undefined;
  const place: Record<string, string> =
    bucket === undefined
      ? {}
      : {
          STORAGE_DIR: "",
          S3_BUCKET: bucket.bucket,
          S3_ENDPOINT: bucket.endpoint,
          S3_REGION: bucket.region,
          S3_ACCESS_KEY_ID: bucket.accessKeyId,
          S3_SECRET_ACCESS_KEY: bucket.secretAccessKey,
        };
  const service = await runService({
    databaseUrl,
    pds,
    env: { MAX_UPLOAD_BYTES: String(MAX_UPLOAD), ...place, ...env },
  });
  starting.defer(() => service.stop());
  const db = await openDatabase({ databaseUrl, dataDir: "/nowhere" });
  starting.defer(() => db.destroy());

  const enter = async (name: string): Promise<Person> => {
    const account = await pds.createAccount({ handle: `${name}.test`, password: `${name}-password` });
    const browser = new Visitor(service.url);
    const { status, headers } = await browser.signIn(account);
    if (headers.location !== "/")
      throw new Error(`${name} is not in: ${String(status)} ${headers.location ?? ""}`);
    return { account, browser };
  };
  const artist = await enter("artist");
  const listener = await enter("listener");
  const past = new AtpAgent({ service: pds.listenUrl });
  const stack = starting.move();

  const send: Stage["send"] = ({ browser }, form) =>
    fetch(`${service.url}/tracks/`, {
      method: "POST",
      headers: { cookie: `plyr_session=${browser.cookie("plyr_session") ?? ""}` },
      body: form,
    });
  const readProgress: Stage["progress"] = async ({ browser }, id) =>
    progress.parse((await browser.get(`/tracks/uploads/${id}/progress`)).json());
  return {
    service,
    db,
    databaseUrl,
    gate,
    pds,
    bucket,
    artist,
    listener,
    enter,
    send,
    async upload(person, audio, { name = "tone", title, description } = {}) {
      const form = new FormData();
      if (title !== undefined) form.set("title", title);
      if (description !== undefined) form.set("description", description);
      form.set("file", new Blob([audio]), name);
      const answer = await send(person, form);
      const text = await answer.text();
      if (answer.status !== 202) throw new Error(`not accepted: ${String(answer.status)} ${text}`);
      const { upload, track } = accepted.parse(JSON.parse(text));
      return { uploadId: upload.id, trackId: track.id };
    },
    progress: readProgress,
    reaches: (person, id, phase) =>
      until(
        `the upload is ${phase}`,
        async () => {
          const now = await readProgress(person, id);
          return now.phase === phase && now;
        },
        { within: 20_000 },
      ),
    async stored() {
      if (bucket !== undefined) return bucket.files();
      const folder = join(service.dataDir, "storage");
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      return entries.flatMap((entry) => (entry.isFile() ? [entry.name] : []));
    },
    async tracksOnPds() {
      const { data } = await past.com.atproto.repo.listRecords({
        repo: artist.account.did,
        collection: collections.track,
        limit: 100,
      });
      return z.array(onPds).parse(JSON.parse(JSON.stringify(data.records)));
    },
    async blobStatus(cid) {
      const query = new URLSearchParams({ did: artist.account.did, cid });
      const answer = await fetch(`${pds.listenUrl}/xrpc/com.atproto.sync.getBlob?${query.toString()}`);
      await answer.body?.cancel();
      return answer.status;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
