import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { startPds, startPostgres, until, Visitor, type Account, type Pds } from "@plyr/dev";
import { sql, type Kysely } from "kysely";
import { type z } from "zod";
import { openDatabase } from "../../../src/database/open.js";
import type { Schema } from "../../../src/database/schema.js";
import { adoptTrack } from "../../../src/tracks/adopt-track.js";
import { makeAudio } from "../../tracks/audio.js";
import { NAMESPACE, runService, type RunningService } from "../running-service.js";
import type { Asked, Asker } from "./asked.js";

const CID = "bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";

/** The whole service with a real PDS and Postgres, and one person of each kind, signed in. */
export interface World extends AsyncDisposable {
  readonly service: RunningService;
  readonly db: Kysely<Schema>;
  readonly owner: Account;
  /** Audio that is accepted. */
  readonly audio: Buffer<ArrayBuffer>;
  /** A new track of the owner's, on their PDS as far as the service knows; its id. */
  track(): Promise<number>;
  /** Asks as that person's page does; redirects are not followed. */
  send(asker: Asker, method: string, asked: Asked): Promise<Response>;
  /** Asks as the owner's page never would, with a body of whatever kind. */
  sendRaw(
    method: string,
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    type: string,
  ): Promise<Response>;
  /** Signs that person in, in a browser of their own. */
  enter(asker: Exclude<Asker, "nobody">): Promise<void>;
  /** The answer to a request of the owner's that has to work. */
  told<T>(schema: z.ZodType<T>, method: string, path: string, body?: Asked["body"]): Promise<T>;
  /** Resolves when nothing is owed to any PDS. */
  quiet(): Promise<void>;
  /** A digest of every row and every stored file, but for who was seen when. */
  everything(): Promise<string>;
}

export async function openWorld(env: Record<string, string> = {}): Promise<World> {
  await using starting = new AsyncDisposableStack();
  const pds: Pds = starting.use(await startPds());
  const postgres = starting.use(await startPostgres());
  const databaseUrl = await postgres.createDatabase();
  const named = async (name: string): Promise<Account> =>
    pds.createAccount({ handle: `the-${name}.test`, password: `${name}-password` });
  const [owner, another, admin] = [await named("owner"), await named("another"), await named("admin")];
  const service = await runService({ databaseUrl, pds, env: { ADMIN_DIDS: admin.did, ...env } });
  starting.defer(() => service.stop());
  const db = await openDatabase({ databaseUrl, dataDir: "/nowhere" });
  starting.defer(() => db.destroy());

  const accounts = { another, admin, owner };
  const cookies = new Map<Asker, string>();
  const quiet = async (): Promise<void> => {
    await until(
      "nothing is owed to a PDS",
      async () =>
        (await db.selectFrom("intents").select("id").where("state", "=", "open").execute()).length === 0,
      { within: 30_000 },
    );
  };
  const enter: World["enter"] = async (asker) => {
    const visitor = new Visitor(service.url);
    await visitor.signIn(accounts[asker]);
    cookies.set(asker, `plyr_session=${visitor.cookie("plyr_session") ?? ""}`);
    // What a sign-in brings together is done: it would take their tracks, which no PDS has, for removed.
    await quiet();
  };
  for (const asker of ["another", "admin", "owner"] as const) await enter(asker);
  const send: World["send"] = (asker, method, { path, body, form }) => {
    const cookie = cookies.get(asker);
    return fetch(service.url + path, {
      method,
      redirect: "manual",
      headers: {
        ...(cookie !== undefined && { cookie }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      body: form?.() ?? (body === undefined ? null : JSON.stringify(body)),
    });
  };
  const audio = await makeAudio("mp3", 2);
  let tracks = 0;
  const stack = starting.move();
  return {
    service,
    db,
    owner,
    send,
    sendRaw: (method, path, body, type) =>
      fetch(service.url + path, {
        method,
        redirect: "manual",
        headers: { cookie: cookies.get("owner") ?? "", "content-type": type },
        body,
      }),
    enter,
    audio,
    async track() {
      tracks += 1;
      const rkey = `track${String(tracks)}`;
      const { id } = await adoptTrack(db, {
        artist: { did: owner.did, handle: owner.handle, displayName: null },
        track: { title: rkey, fileType: "mp3", duration: 120, audioUrl: `${pds.url}/audio` },
        record: { collection: `${NAMESPACE}.track`, rkey, content: { title: rkey }, cid: CID },
      });
      return id;
    },
    async told(schema, method, path, body) {
      const answer = await send("owner", method, { path, ...(body !== undefined && { body }) });
      const text = await answer.text();
      if (answer.status >= 300) throw new Error(`${method} ${path}: ${String(answer.status)} ${text}`);
      return schema.parse(JSON.parse(text));
    },
    quiet,
    async everything() {
      const digest = createHash("sha256");
      const { rows: tables } = await sql<{ name: string }>`
        select tablename as name from pg_tables where schemaname = 'public' order by 1
      `.execute(db);
      for (const { name } of tables.filter(({ name }) => !PASSING.includes(name))) {
        const { rows } = await sql<{
          row: string;
        }>`select t::text as row from ${sql.table(name)} t order by 1`.execute(db);
        digest.update(`${name}\n${rows.map(({ row }) => row).join("\n")}\n`);
      }
      const entries = await readdir(join(service.dataDir, "storage"), {
        recursive: true,
        withFileTypes: true,
      });
      digest.update(
        entries
          .flatMap((entry) => (entry.isFile() ? [entry.name] : []))
          .sort()
          .join("\n"),
      );
      return digest.digest("hex");
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Says nothing about what people made. */
const PASSING = [
  "pds_holds",
  "operator_actions",
  "records",
  "browser_sessions",
  "oauth_grants",
  "oauth_states",
  "kysely_migration",
  "kysely_migration_lock",
  "subject_leases",
  "uploads",
];
