import { mkdtemp, readFile, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, Program, startPostgres, startRedis, until, type Postgres, type Redis } from "@plyr/dev";
import { defineTask, Docket } from "@plyr/docket";
import type { Kysely } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { migrateToLatest } from "../../src/database/migrate.js";
import { openDatabase } from "../../src/database/open.js";
import type { Schema } from "../../src/database/schema.js";
import { status } from "../../src/operator/status.js";
import { command } from "../cli/commanding.js";

const DID = "did:plc:somebody";
/** Rows that a process keeps for a database that is away. */
const ROOM = 5_000;

/** As whoever adds them knows them; what they do is in `endless-worker.ts`. */
const known = (name: string) =>
  defineTask<unknown>()({ name, payload: z.object({ did: z.string() }), run: () => Promise.resolve() });
const endless = known("test.endless");
const brief = known("test.brief");

let folder: string;
let postgres: Postgres;
let redis: Redis;
let db: Kysely<Schema>;
let docket: Docket<unknown>;
let settings: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plyr-trouble-"));
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  const databaseUrl = await postgres.createDatabase();
  settings = {
    PLYR_ENV: "development",
    DATABASE_URL: databaseUrl,
    DATA_DIR: folder,
    STORAGE_DIR: join(folder, "storage"),
    DOCKET_URL: redis.url,
    METRICS_TOKEN: "a-token-for-metrics",
    // All of it is recorded.
    TRACES_PER_SECOND: "10000",
  };
  db = await openDatabase({ databaseUrl, dataDir: folder });
  await migrateToLatest(db);
  await db.insertInto("people").values({ did: DID, handle: "somebody.test" }).execute();
  docket = await Docket.open<unknown>({
    url: redis.url,
    name: "plyr",
    tasks: [endless, brief],
    services: {},
  });
}, 60_000);
afterAll(async () => {
  await docket.close();
  await db.destroy();
  await Promise.all([postgres.close(), redis.close()]);
  await rm(folder, { recursive: true });
});

/** A worker in a process of its own, and where it answers. */
async function startWorker(): Promise<{ program: Program; url: string }> {
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const program = new Program({
    name: "a worker",
    command: process.execPath,
    args: [join(import.meta.dirname, "endless-worker.ts"), endless.name, brief.name],
    env: { PATH: process.env["PATH"], ...settings, PORT: port },
  });
  await program.start();
  await until("the worker is there", async () => (await fetch(`${url}/ready`)).ok, { within: 30_000 }).catch(
    async (error: unknown) => {
      await program.close();
      throw new Error(`the worker doesn't come; it wrote:\n${program.output}`, { cause: error });
    },
  );
  return { program, url };
}

/** The query that stands below these words in the documentation. */
async function recipe(below: string): Promise<string> {
  const text = await readFile(join(import.meta.dirname, "../../../../docs/monitoring.md"), "utf8");
  const [, after = ""] = text.split(below);
  const [, query] = /```sql\n([^`]*)```/.exec(after) ?? [];
  if (query === undefined) throw new Error(`no recipe stands below “${below}”`);
  return query;
}

const record = z.object({
  span_name: z.string(),
  worker: z.string().optional(),
  duration: z.number().nullable().optional(),
  outcome: z.string().nullable().optional(),
  did: z.string().nullable(),
});

async function ask(query: string): Promise<z.infer<typeof record>[]> {
  const { code, stdout, stderr } = await command(settings, "sql", query, "--json");
  expect([code, stderr]).toEqual([0, ""]);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => record.parse(JSON.parse(line)));
}

const countOf = async (task: string): Promise<number> => {
  const row = await db
    .selectFrom("records")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where("span_name", "=", task)
    .executeTakeFirstOrThrow();
  return Number(row.count);
};

test("what a worker had in hand when it was killed, and had done before, is found by the recipes of the documentation", async () => {
  const { program } = await startWorker();
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => {
    // It would wait for what never ends.
    await program.kill();
    await program.close();
  });
  await docket.add(brief, { did: DID });
  await until("it has done something", async () => (await countOf(brief.name)) === 1);
  await docket.add(endless, { did: DID });
  await until("what runs is written down", async () => (await countOf(endless.name)) === 1);
  const { pid } = program;
  const [living] = await docket.workers();
  expect(living?.pid).toBe(pid);
  await program.kill();

  const inHand = await ask(await recipe("What a worker had in hand when it died"));
  expect(inHand).toMatchObject([{ span_name: endless.name, worker: living?.worker, did: DID }]);
  const before = await recipe("What that worker did before");
  const did = await ask(before.replace("the-worker", inHand[0]?.worker ?? ""));
  // Besides what a worker does by itself.
  const ours = did.filter((row) => row.did === DID);
  expect(ours.map(({ span_name, outcome }) => [span_name, outcome])).toEqual([
    [endless.name, null],
    [brief.name, "done"],
  ]);
}, 60_000);

test("while Postgres is away tasks go on, no more is kept of them than there is room for, and it is written when Postgres is back", async () => {
  const more = 1_500;
  await Promise.all([db.deleteFrom("records").execute(), redis.flush()]);
  const { program, url } = await startWorker();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => program.close());
  const measured = async (name: string): Promise<number> => {
    const answer = await fetch(`${url}/metrics`, {
      headers: { authorization: `Bearer ${settings["METRICS_TOKEN"] ?? ""}` },
    });
    const [, found] = new RegExp(`^${name}[^ ]* (\\d+)`, "m").exec(await answer.text()) ?? [];
    return Number(found);
  };
  await postgres.stop();
  await docket.addMany(
    brief,
    Array.from({ length: ROOM + more }, () => ({ did: DID })),
  );
  await until(
    "all of them are done",
    async () => {
      const { waiting, running } = await docket.snapshot();
      return waiting + running === 0;
    },
    { within: 40_000, every: 200 },
  );
  expect(await measured("plyr_records_waiting")).toBe(ROOM);
  expect(await measured('plyr_records_dropped_total{plyr_reason="without_room"')).toBeGreaterThanOrEqual(
    more,
  );

  await postgres.restart();
  await until("what was kept is written", async () => (await measured("plyr_records_waiting")) === 0, {
    within: 30_000,
    every: 200,
  });
  const written = await countOf(brief.name);
  expect(written).toBeGreaterThan(ROOM * 0.9);
  expect(written).toBeLessThanOrEqual(ROOM);
  await docket.add(brief, { did: DID });
  await until(
    "what comes after it is recorded, too",
    async () => (await countOf(brief.name)) === written + 1,
  );

  const { pid } = program;
  await program.stop();
  const { stdout } = await command(settings, "status", "--json");
  const told = status.parse(JSON.parse(stdout)).leftOut;
  expect(told).toMatchObject([{ process: `${hostname()}:${String(pid)}`, role: "worker" }]);
  expect(told[0]?.withoutRoom).toBeGreaterThanOrEqual(more);
}, 120_000);
