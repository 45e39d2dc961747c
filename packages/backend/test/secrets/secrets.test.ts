import { randomBytes } from "node:crypto";
import {
  startGatedPds,
  startOtlpReceiver,
  startPostgres,
  startRedis,
  until,
  Visitor,
  xrpc,
  type Gate,
  type OtlpReceiver,
  type Match,
} from "@plyr/dev";
import { sql, type Kysely } from "kysely";
import { z } from "zod";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase } from "../../src/database/open.js";
import type { Schema } from "../../src/database/schema.js";
import { collectionsOf } from "../../src/records/collections.js";
import { adoptTrack } from "../../src/tracks/adopt-track.js";
import { NAMESPACE, runService, type RunningService } from "../http/running-service.js";
import { hearRedis } from "./everything-sent.js";

const SESSION_KEY = randomBytes(32).toString("base64");
const OTLP_TOKEN = "the-token-of-the-receiver-5513";
const METRICS_TOKEN = "the-token-for-metrics-5514";
const PASSWORD = "the-password-of-ana-7c1f";
const CID = "bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";

const closing = new AsyncDisposableStack();
let gate: Gate;
let service: RunningService;
let db: Kysely<Schema>;
let redis: Awaited<ReturnType<typeof hearRedis>>;
let receiver: OtlpReceiver;
let visitor: Visitor;
let tracks: number[];
/** Every word that the service has answered. */
let answers = "";

beforeAll(async () => {
  const gated = closing.use(await startGatedPds());
  gate = gated.gate;
  const server = closing.use(await startRedis());
  redis = await hearRedis(server.port);
  closing.defer(() => {
    redis.close();
  });
  const databaseUrl = await closing.use(await startPostgres()).createDatabase();
  receiver = closing.use(await startOtlpReceiver());
  service = await runService({
    databaseUrl,
    pds: gated.pds,
    env: {
      SESSION_KEY,
      DOCKET_URL: server.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${OTLP_TOKEN}`,
      METRICS_TOKEN,
    },
  });
  closing.defer(() => service.stop());
  db = await openDatabase({ databaseUrl, dataDir: "/nowhere" });
  closing.defer(() => db.destroy());
  const account = await gated.pds.createAccount({ handle: "ana.test", password: PASSWORD });
  visitor = new Visitor(service.url);
  await visitor.signIn(account);
  tracks = [];
  for (const rkey of ["one", "two", "three", "four"]) {
    const { id } = await adoptTrack(db, {
      // Somebody else's: of their own the sign-in finds out that they are not on the PDS, and takes them for removed.
      artist: { did: "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa", handle: "artist.test", displayName: null },
      track: { title: rkey, fileType: "mp3", duration: 120, audioUrl: `${gated.pds.url}/audio` },
      record: { collection: `${NAMESPACE}.track`, rkey, content: { title: rkey }, cid: CID },
    });
    tracks.push(id);
  }
}, 60_000);
afterAll(() => closing.disposeAsync());

async function ask(method: string, path: string, body?: unknown): Promise<string> {
  const answer = await visitor.send(method, path, body === undefined ? {} : { body });
  answers += `${JSON.stringify(answer.headers)}\n${answer.text}\n`;
  return answer.text;
}

const like = (at: number): string => `/tracks/${String(tracks[at])}/like`;
const stateOf = async (at: number): Promise<string> => ask("GET", like(at));

/** What the service itself has sent to the PDS as proof of who it is, so far. */
function sentCredentials(): string[] {
  return gate.passages.flatMap(({ request }) => {
    const form = new URLSearchParams(request.path.startsWith("/oauth/") ? request.body : "");
    const fields = ["code", "refresh_token", "code_verifier", "client_assertion"].map((name) =>
      form.get(name),
    );
    const token = z.string().optional().parse(request.headers["authorization"])?.replace(/^\w+ /, "");
    return [...fields, token, request.headers["dpop"]].filter((part) => typeof part === "string");
  });
}

test("no secret is in Redis, in the log, in an answer or in a row, whatever goes wrong (incident 10)", async () => {
  await ask("POST", like(0));
  await until("the like is written", async () => (await stateOf(0)).includes('"confirmed"'));
  const [token] = sentCredentials().filter((text) => text.startsWith("eyJ"));
  if (token === undefined) throw new Error("the service has sent no access token to the PDS");

  const put = xrpc("com.atproto.repo.putRecord");
  // The list of what they like is put, too, in its own time.
  const putting: Match = (request) =>
    put(request) && request.body.includes(`"${collectionsOf(NAMESPACE).like}"`);
  gate.answer(
    putting,
    { status: 400, body: { error: "InvalidRequest", message: `no: DPoP ${token}` } },
    { times: 1 },
  );
  await ask("POST", like(1));
  await until("the PDS's refusal is told", async () => (await stateOf(1)).includes('"failed"'));

  gate.answer(putting, { status: 500, body: `upstream said ${token}` }, { times: 1 });
  await ask("POST", like(2));
  await until("the trouble passes", async () => (await stateOf(2)).includes('"confirmed"'));

  gate.answer(putting, { status: 401, body: { error: "invalid_token", message: token } });
  await ask("POST", like(3));
  await until("a new sign-in is asked for", async () => (await stateOf(3)).includes('"needs-sign-in"'));
  await ask("POST", "/tracks/1/comments", { text: 1, token });
  await ask("GET", `/auth/callback?code=planted-code-5511&state=planted-state-5512`);
  await ask("GET", "/me");
  await ask("GET", "/health");
  const told = await fetch(`${service.url}/metrics`, {
    headers: { authorization: `Bearer ${METRICS_TOKEN}` },
  });
  answers += await told.text();
  expect(told.status).toBe(200);
  await until("the last request has been recorded, here and there", async () => {
    const { rows: last } = await sql`select 1 from records where span_name = 'GET /me'`.execute(db);
    return last.length > 0 && receiver.spans.some(({ name }) => name === "GET /me");
  });

  const { rows: tables } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public'
  `.execute(db);
  let rows = "";
  for (const { name } of tables) {
    const { rows: found } = await sql<{
      row: string;
    }>`select t::text as row from ${sql.table(name)} t`.execute(db);
    rows += found.map(({ row }) => row).join("\n");
  }

  const secrets = [
    ...sentCredentials(),
    SESSION_KEY,
    PASSWORD,
    OTLP_TOKEN,
    METRICS_TOKEN,
    z.string().parse(visitor.cookie("plyr_session")),
    "planted-code-5511",
  ];
  // A state is the name of a sign-in that has begun, and worth nothing without the browser's cookie.
  const places = { redis: redis.heard(), log: service.log.join(""), rows, answers, spans: receiver.text() };
  expect(secrets.length).toBeGreaterThan(8);
  for (const [place, content] of Object.entries(places)) {
    expect(content.length, `something is in ${place}`).toBeGreaterThan(500);
    const found = secrets.filter((secret) => content.includes(secret));
    expect({ place, found }).toEqual({ place, found: [] });
  }
}, 90_000);
