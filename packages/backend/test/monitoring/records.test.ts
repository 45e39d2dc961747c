import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { SpanKind } from "@opentelemetry/api";
import { startPostgres, type Postgres } from "@plyr/dev";
import { sql, type Kysely } from "kysely";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { run } from "../../src/cli/run.js";
import { migrateToLatest } from "../../src/database/migrate.js";
import { openDatabase } from "../../src/database/open.js";
import type { Schema } from "../../src/database/schema.js";
import { askSql } from "../../src/monitoring/ask-sql.js";
import { traceQueries } from "../../src/monitoring/queries.js";
import { LeftOutNotes } from "../../src/monitoring/left-out.js";
import { RecordKeeper } from "../../src/monitoring/record-keeper.js";
import { RecordWriter } from "../../src/monitoring/record-writer.js";
import { status } from "../../src/operator/status.js";
import { Tracing } from "../../src/tracing/tracing.js";
import { command } from "../cli/commanding.js";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

let postgres: Postgres;
let db: Kysely<Schema>;
let databaseUrl: string;
let tracing: Tracing | undefined;

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.createDatabase();
  db = await openDatabase({
    databaseUrl,
    dataDir: "/nowhere",
    onQuery: (event) => {
      if (tracing !== undefined) traceQueries(tracing)(event);
    },
  });
  await migrateToLatest(db);
});
afterAll(async () => {
  await db.destroy();
  await postgres[Symbol.asyncDispose]();
});

/** A writer that writes when it is told to, and a tracing that begins as many traces as it likes. */
function open(options: { most?: number; perSecond?: number } = {}) {
  const writer = new RecordWriter({ log, interval: 3_600_000, most: options.most ?? 5_000 });
  tracing = new Tracing({ resource: {}, perSecond: options.perSecond ?? 1_000, processors: [writer] });
  return { writer, tracing };
}

async function names(): Promise<string[]> {
  const rows = await db.selectFrom("records").select("span_name").orderBy("id").execute();
  return rows.map(({ span_name }) => span_name);
}

async function fail(within: Tracing, name: string): Promise<void> {
  await within.within(name, {}, () => Promise.reject(new RangeError(`${name} broke`))).catch(() => undefined);
}

test("when there is no room, what failed is kept, and what was left out is counted", async () => {
  await db.deleteFrom("records").execute();
  const { writer, tracing: traced } = open({ most: 3 });
  writer.start(db);
  await writer.round();
  for (const name of ["a", "b", "c"]) await traced.within(name, {}, () => Promise.resolve());
  await fail(traced, "broken");
  await traced.within("d", {}, () => Promise.resolve());
  expect(writer.dropped).toEqual({ withoutRoom: 2, unwritable: 0 });
  await writer.round();
  expect((await names()).sort()).toEqual(["b", "broken", "c"]);
  const row = await db.selectFrom("records").selectAll().where("level", "=", "error").executeTakeFirst();
  expect(row).toMatchObject({ message: "broken: broken broke" });
  expect(JSON.stringify(row?.attributes)).toContain('"exception.type":"RangeError"');
  await writer.stop();
});

test("a process begins so many traces a second, and what fails is recorded besides", async () => {
  await db.deleteFrom("records").execute();
  const { writer, tracing: traced } = open({ perSecond: 0 });
  writer.start(db);
  for (let at = 0; at < 20; at += 1) await traced.within("fine", {}, () => Promise.resolve());
  await fail(traced, "broken");
  await writer.round();
  expect(await names()).toEqual(["broken"]);
  await writer.stop();
});

test("what runs is written down while it runs, and completed when it ends", async () => {
  await db.deleteFrom("records").execute();
  const { writer, tracing: traced } = open();
  writer.start(db);
  const end = Promise.withResolvers<undefined>();
  const run = traced.within("long", { kind: SpanKind.CONSUMER }, () => end.promise);
  await writer.round();
  const [open_] = await db.selectFrom("records").select(["span_name", "duration"]).execute();
  expect(open_).toEqual({ span_name: "long", duration: null });
  await pause(5);
  end.resolve(undefined);
  await run;
  await writer.round();
  const rows = await db.selectFrom("records").select("duration").execute();
  expect(rows).toHaveLength(1);
  expect(rows[0]?.duration).toBeGreaterThan(0);
  await writer.stop();
});

test("queries are spans of the trace that they are made in, without parameters, and the writer's own are in none", async () => {
  await db.deleteFrom("records").execute();
  const { writer, tracing: traced } = open();
  writer.start(db);
  await traced.within("asking", {}, async () => {
    await sql`select ${"a-secret-parameter"}::text`.execute(db);
    await sql`select nonsense`.execute(db).catch(() => undefined);
    await writer.round();
    await traced.within("inner", {}, () => Promise.resolve());
  });
  await writer.stop();
  // Queries that go well, and fast, would drown the rest: they go over OTLP only.
  expect((await names()).sort()).toEqual(["asking", "inner", "select"]);
  const { rows } = await sql<{ text: string }>`select records::text as text from records`.execute(db);
  expect(rows.map(({ text }) => text).join()).not.toContain("a-secret-parameter");
});

test("with the database away, work goes on, no more than the queue holds is kept, and it is written when it is back", async () => {
  await db.deleteFrom("records").execute();
  const { writer, tracing: traced } = open({ most: 100 });
  const away = await openDatabase({ databaseUrl, dataDir: "/nowhere" });
  await away.destroy();
  writer.start(away);
  for (let at = 0; at < 300; at += 1) await traced.within(`t${String(at)}`, {}, () => Promise.resolve());
  await expect(writer.round()).rejects.toThrow();
  expect(writer).toMatchObject({ waiting: 100, dropped: { withoutRoom: 200 } });
  writer.start(db);
  await writer.round();
  expect(await names()).toHaveLength(100);
  await writer.stop();
});

test("what is left out is told in status by process, in red where there was no room for it", async () => {
  await db.deleteFrom("records").execute();
  const { writer, tracing: traced } = open({ most: 3, perSecond: 1 });
  const leftOut = () => ({ unbegun: traced.unbegun, ...writer.dropped });
  const notes = new LeftOutNotes({ db, log, leftOut, process: "host:4711", role: "worker" });
  await notes.note();
  // Ten at once, after a quiet time.
  for (let at = 0; at < 14; at += 1) await traced.within("fine", {}, () => Promise.resolve());
  await notes.note();
  await notes.note();
  await fail(traced, "broken");
  await notes.note();

  const env = { DATABASE_URL: databaseUrl, DATA_DIR: "/nowhere" };
  const told = { process: "host:4711", role: "worker", unbegun: 5, withoutRoom: 8, unwritable: 0 };
  const { stdout } = await command(env, "status", "--json");
  expect(status.parse(JSON.parse(stdout)).leftOut).toMatchObject([told]);
  let printed = "";
  const terminal = {
    isTTY: true,
    write: (text: string) => {
      printed += text;
      return true;
    },
  };
  vi.stubEnv("FORCE_COLOR", "1");
  expect(await run(["status"], { env, stdout: terminal, stderr: terminal })).toBe(0);
  vi.unstubAllEnvs();
  expect(printed).toMatch(/^\u001b\[31mhost:4711 had no room for 8 spans in the last hour \(until 20.*Z\)/m);
  expect(printed).toMatch(/^host:4711 +worker +5 +8 +0 +20/m);
  // Each of it once, with when it was.
  const rows = await db.selectFrom("records").select(["level", "message"]).orderBy("id").execute();
  expect(rows.map(({ level }) => level)).toEqual(["error", "error"]);
  await db.deleteFrom("records").execute();
  expect((await command(env, "status")).stdout).not.toContain("host:4711");
});

test("what is too old goes, and of too much the oldest", async () => {
  await db.deleteFrom("records").execute();
  const rows = [1, 2, 3, 4, 5].map((hour) => ({
    start_timestamp: new Date(Date.now() - hour * 3_600_000).toISOString(),
    span_name: `h${String(hour)}`,
    message: "",
    duration: 1,
    level: "info" as const,
    kind: "internal",
    trace_id: "t",
    span_id: `s${String(hour)}`,
    parent_span_id: null,
    did: null,
    attributes: "{}",
  }));
  for (const row of rows.reverse()) await db.insertInto("records").values(row).execute();
  await new RecordKeeper({ db, log, keep: 4.5 * 3_600_000, most: 3 }).round();
  expect(await names()).toEqual(["h3", "h2", "h1"]);
});

test.each([
  ["delete from records", "not a SELECT"],
  ["select 1; delete from records", "more than one statement"],
  ["select 1) as x; delete from records; select * from (select 1", "syntax error"],
  ["with gone as (delete from records returning *) select * from gone", "would write"],
  ["select * into other from records", "INTO"],
  ["select * from records for update", "FOR UPDATE"],
  ["select sealed from oauth_grants", "not among the tables"],
  ["select * from public.browser_sessions", "not among the tables"],
  ["select * from developer_tokens", "not among the tables"],
  ["select * from pg_catalog.pg_authid", "not among the tables"],
  ["select * from (with oauth_grants as (select 1) select * from oauth_grants) a, oauth_grants b", "WITH"],
  ["select pg_read_file('/etc/passwd')", "not among the functions"],
  ["select pg_sleep(3600)", "not among the functions"],
  ["select query_to_xml('select 1', true, true, '')", "not among the functions"],
  ["select set_config('transaction_read_only', 'off', true)", "not among the functions"],
  ["select * from generate_series(1, 1000000000)", "not among the functions"],
  ["copy records to program 'id'", "not a SELECT"],
  ["select nothing from records", "nothing"],
])(
  "an operator's query that is more than reading what operators may see is refused: %s",
  async (query, why) => {
    await expect(askSql(db, query)).rejects.toThrow(why);
  },
);

test("an operator's query is answered with 1,000 rows at most, and ended when it takes too long", async () => {
  await sql`
    insert into records (start_timestamp, span_name, message, level, kind, trace_id, span_id, attributes)
    select now(), 'many', '', 'info', 'internal', 't', 'm' || n, '{}' from generate_series(1, 1001) as n
  `.execute(db);
  expect(await askSql(db, "select 1 as one -- and that is all")).toEqual({ rows: [{ one: 1 }], cut: false });
  const many = await askSql(db, "select span_id from records where span_name = 'many';");
  expect(many.rows).toHaveLength(1_000);
  expect(many.cut).toBe(true);
  const endless = "select count(*) from records a, records b, records c";
  await expect(askSql(db, endless, 100)).rejects.toThrow("statement timeout");
});

test("every recipe of the documentation is a query that is answered", async () => {
  const text = await readFile(join(import.meta.dirname, "../../../../docs/monitoring.md"), "utf8");
  const recipes = [...text.matchAll(/```sql\n([^`]*)```/g)].flatMap(([, recipe]) => recipe ?? []);
  expect(recipes.length).toBeGreaterThanOrEqual(4);
  for (const recipe of recipes) expect((await askSql(db, recipe)).rows).toBeInstanceOf(Array);
});
