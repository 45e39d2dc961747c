import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AtpAgent } from "@atproto/api";
import {
  startGate,
  startGatedPds,
  startPostgres,
  until,
  xrpc,
  type Gate,
  type GateRequest,
  type Pds,
} from "@plyr/dev";
import { sql, type Kysely } from "kysely";
import { z } from "zod";
import { migrateToLatest } from "../../src/database/migrate.js";
import { openDatabase } from "../../src/database/open.js";
import type { Schema } from "../../src/database/schema.js";
import type { PdsSession } from "../../src/pds/client.js";
import { collectionsOf } from "../../src/records/collections.js";
import { readRecord, wishRecord } from "../../src/records/pds-record.js";
import { openRepositories } from "../../src/repository/open.js";
import { openFolderStorage } from "../../src/storage/folder-storage.js";
import { openBackground, type Background, type BackgroundOptions } from "../../src/tasks/background.js";
import { writeRecord } from "../../src/tasks/write-record.js";

const NAMESPACE = "fm.plyr.test";
const collections = collectionsOf(NAMESPACE);
const CID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";

export const put = xrpc("com.atproto.repo.putRecord");
const applied = xrpc("com.atproto.repo.applyWrites");

/** A write by itself, or of many together. */
export function written(request: GateRequest): boolean {
  return put(request) || applied(request);
}

const together = z.object({ writes: z.array(z.unknown()) });

/** How many records a request writes. */
export function recordsIn(request: GateRequest): number {
  return applied(request) ? together.parse(JSON.parse(request.body)).writes.length : 1;
}

/** Somebody who may be written for. */
export interface Person {
  readonly did: string;
  /** Past the gate. */
  readonly agent: AtpAgent;
}

/**
 * Two people on one host and one on another, as far as anybody who writes for them can tell: two gates before one real PDS.
 */
export interface Stage extends AsyncDisposable {
  readonly db: Kysely<Schema>;
  readonly pds: Pds;
  /** Of Ann's and Bob's host. */
  readonly gate: Gate;
  /** Of Eve's. */
  readonly elsewhere: Gate;
  readonly ann: Person;
  readonly bob: Person;
  readonly eve: Person;
  readonly log: { readonly message: string; readonly fields: object }[];
  /** A process of the service. */
  process(options?: Partial<BackgroundOptions>): Promise<Background>;
  /** Ends all processes and forgets what was held, and whose host is where. */
  endProcesses(): Promise<void>;
  /** Accepts the wish of a record of a person; returns its row's id. */
  wish(background: Background, person: Person): Promise<string>;
  /** The state and the reason at a record. */
  row(id: string): Promise<{ state: string; reason: string | null }>;
  confirmed(ids: readonly string[], within?: number): Promise<void>;
}

export async function setStage(rateLimitsEnabled = false): Promise<Stage> {
  await using starting = new AsyncDisposableStack();
  const postgres = starting.use(await startPostgres());
  const { pds, gate } = starting.use(await startGatedPds({ rateLimitsEnabled }));
  const elsewhere = starting.use(await startGate({ target: pds.listenUrl }));
  const db = await openDatabase({ databaseUrl: await postgres.createDatabase(), dataDir: "" });
  starting.defer(() => db.destroy());
  await migrateToLatest(db);
  const storageDir = await mkdtemp(join(tmpdir(), "plyr-pacing-"));
  starting.defer(() => rm(storageDir, { recursive: true, force: true }));
  const storage = openFolderStorage(storageDir);

  const sessions = new Map<string, PdsSession>();
  const newPerson = async (name: string, by: Gate): Promise<Person> => {
    const account = await pds.createAccount({ handle: `${name}.test`, password: `${name}-password` });
    await db.insertInto("people").values({ did: account.did, handle: account.handle }).execute();
    const [through, agent] = [new AtpAgent({ service: by.url }), new AtpAgent({ service: pds.listenUrl })];
    const words = { identifier: account.handle, password: account.password };
    await Promise.all([through.login(words), agent.login(words)]);
    sessions.set(account.did, {
      did: account.did,
      // The agent would go on to the PDS that the DID document names.
      fetchHandler: (path, init) => {
        const headers = new Headers(init.headers);
        headers.set("authorization", `Bearer ${through.session?.accessJwt ?? ""}`);
        return fetch(new URL(path, by.url), { ...init, headers });
      },
    });
    return { did: account.did, agent };
  };
  const ann = await newPerson("ann", gate);
  const bob = await newPerson("bob", gate);
  const eve = await newPerson("eve", elsewhere);

  const log: Stage["log"][number][] = [];
  const write = (fields: object, message: string): void => {
    log.push({ message, fields });
  };
  let processes: Background[] = [];
  const endProcesses = async (): Promise<void> => {
    await Promise.all(processes.map((background) => background.stop({ drain: "1s" })));
    processes = [];
    for (const table of ["intents", "subject_leases", "pds_holds", "pds_homes"] as const)
      await db.deleteFrom(table).execute();
  };
  starting.defer(endProcesses);
  let wishes = 0;
  const stack = starting.move();
  return {
    db,
    pds,
    gate,
    elsewhere,
    ann,
    bob,
    eve,
    log,
    async process(options = {}) {
      const background = await openBackground({
        db,
        docketName: "plyr",
        concurrency: 10,
        worker: true,
        restore: (did) => {
          const session = sessions.get(did);
          if (session === undefined) throw new Error(`no session of ${did}`);
          return Promise.resolve(session);
        },
        markGrantLost: () => Promise.resolve(),
        storage,
        repositories: openRepositories({ environment: "development", plcUrl: pds.plcUrl }),
        namespace: NAMESPACE,
        log: { info: write, warn: write, error: write },
        sweepInterval: 100,
        probeInterval: 50,
        callLimit: 3_000,
        settle: 8_000,
        pauses: { shortest: 200, longest: 1_000 },
        ...options,
      });
      processes.push(background);
      await background.start();
      return background;
    },
    endProcesses,
    wish: ({ outbox }, { did }) =>
      outbox.transact(async (tx, schedule) => {
        wishes += 1;
        const subject = { uri: `at://${did}/${collections.track}/track${String(wishes)}`, cid: CID };
        const content = { $type: collections.like, subject, createdAt: new Date().toISOString() };
        const recordId = await wishRecord(tx, { did, collection: collections.like, content });
        await schedule(writeRecord, { recordId, did, about: `track:${String(wishes)}` });
        return recordId;
      }),
    async row(id) {
      const record = await readRecord(db, id);
      if (record === undefined) throw new Error(`no record ${id}`);
      return { state: record.state, reason: record.reason };
    },
    async confirmed(ids, within = 10_000) {
      await until(
        `all ${String(ids.length)} are on their PDS`,
        async () => {
          const { rows } = await sql<{ left: number }>`
            select count(*)::integer as left from pds_records where id in (${sql.join(ids)}) and state <> 'confirmed'
          `.execute(db);
          return rows[0]?.left === 0;
        },
        { within },
      );
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** What a 429 says of its limit, as a PDS says it. @param inMs until its reset */
export function rateLimited(policy: string, inMs: number) {
  const reset = Math.ceil((Date.now() + inMs) / 1_000);
  const [limit = ""] = policy.split(";");
  return {
    status: 429,
    headers: {
      "ratelimit-limit": limit,
      "ratelimit-remaining": "0",
      "ratelimit-reset": String(reset),
      "ratelimit-policy": policy,
      "retry-after": String(Math.ceil(inMs / 1_000)),
    },
    body: { error: "RateLimitExceeded", message: "Rate Limit Exceeded" },
  };
}
