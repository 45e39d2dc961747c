import {
  startPds,
  startPostgres,
  startRedis,
  until,
  Visitor,
  type Account,
  type Pds,
  type Redis,
} from "@plyr/dev";
import { Redis as Client } from "ioredis";
import type { Kysely } from "kysely";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { openDatabase } from "../../src/database/open.js";
import type { Schema } from "../../src/database/schema.js";
import { adoptTrack } from "../../src/tracks/adopt-track.js";
import { NAMESPACE, runService, type RunningService } from "./running-service.js";

const made = z.object({ id: z.uuid(), token: z.string(), name: z.string(), expiresAt: z.iso.datetime() });

let pds: Pds;
let redis: Redis;
let service: RunningService;
let db: Kysely<Schema>;
let ana: Account;
let bea: Account;
let like: string;
const closing = new AsyncDisposableStack();

beforeAll(async () => {
  pds = closing.use(await startPds());
  redis = closing.use(await startRedis());
  const postgres = closing.use(await startPostgres());
  ana = await pds.createAccount({ handle: "ana.test", password: "ana-password" });
  bea = await pds.createAccount({ handle: "bea.test", password: "bea-password" });
  const databaseUrl = await postgres.createDatabase();
  service = await runService({ databaseUrl, pds, env: { DOCKET_URL: redis.url } });
  closing.defer(() => service.stop());
  db = await openDatabase({ databaseUrl, dataDir: "/nowhere" });
  closing.defer(() => db.destroy());
  const { id } = await adoptTrack(db, {
    artist: { did: "did:plc:artist", handle: "artist.test", displayName: null },
    track: { title: "Rain", fileType: "wav", duration: 12, audioUrl: `${pds.url}/audio` },
    record: {
      collection: `${NAMESPACE}.track`,
      rkey: "3k2a",
      content: { title: "Rain" },
      cid: "bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
    },
  });
  like = `/tracks/${String(id)}/like`;
}, 60_000);

afterAll(() => closing.disposeAsync());

async function signedIn(account: Account = ana): Promise<Visitor> {
  const visitor = new Visitor(service.url);
  await visitor.signIn(account);
  return visitor;
}

async function newToken(visitor: Visitor, body: object = { name: "my script" }) {
  const answer = await visitor.post("/me/tokens", { body });
  expect(answer.status).toBe(201);
  expect(answer.headers["cache-control"]).toBe("no-store");
  return made.parse(answer.json());
}

/** A program: no cookie, and nothing that a browser says of itself. */
function ask(
  method: string,
  path: string,
  token: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(service.url + path, { method, headers: { authorization: `Bearer ${token}`, ...headers } });
}

test("a token is shown once, acts as its owner until it is deleted, and tells when it was last used", async () => {
  const visitor = await signedIn();
  const { id, token } = await newToken(visitor);
  expect(token).toMatch(/^plyr_token_[\w-]{43}$/);

  const listed = async () => (await visitor.get("/me/tokens")).text;
  expect(await listed()).toContain(id);
  expect(await listed()).toContain('"lastUsedAt":null');
  expect(await listed()).not.toContain(token);

  expect(await (await ask("GET", "/me", token)).json()).toMatchObject({ did: ana.did });
  expect(await (await ask("POST", like, token)).json()).toMatchObject({ liked: true });
  expect(await (await ask("DELETE", like, token)).json()).toMatchObject({ liked: false });
  expect(await listed()).not.toContain('"lastUsedAt":null');

  expect((await visitor.delete(`/me/tokens/${id}`)).status).toBe(204);
  const gone = await ask("GET", "/me", token);
  expect([gone.status, await gone.json()]).toMatchObject([401, { error: { code: "unknown_token" } }]);
  expect(gone.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
});

test("a token makes no tokens, signs nobody out, and deletes no account", async () => {
  const { token } = await newToken(await signedIn());
  for (const [method, path, body] of [
    ["POST", "/me/tokens", { name: "another" }],
    ["POST", "/auth/logout", {}],
    ["DELETE", "/me", { confirm: "ana.test", records: "remove" }],
  ] as const) {
    const answer = await fetch(service.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect([answer.status, await answer.json()]).toMatchObject([403, { error: { code: "browser_only" } }]);
  }
  expect((await ask("GET", "/me", token)).status).toBe(200);
});

test("a token that is nobody's, or too old, is refused, also beside a good cookie", async () => {
  const visitor = await signedIn();
  const { id, token } = await newToken(visitor);
  await db
    .updateTable("developer_tokens")
    .set({ expires_at: new Date(Date.now() - 1_000) })
    .where("id", "=", id)
    .execute();
  for (const wrong of [token, `plyr_token_${"A".repeat(43)}`, "x", "A".repeat(5_000)]) {
    expect((await ask("GET", "/me", wrong)).status).toBe(401);
    expect((await ask("GET", "/tracks", wrong)).status).toBe(401);
    const beside = await visitor.get("/me", { headers: { authorization: `Bearer ${wrong}` } });
    expect(beside.status).toBe(401);
  }
  // A header for somebody else, as a proxy's password, says nothing to us.
  expect((await visitor.get("/me", { headers: { authorization: "Basic YTpi" } })).status).toBe(200);
});

test("where a program's request comes from doesn't matter, unless it carries a cookie", async () => {
  const visitor = await signedIn();
  const { token } = await newToken(visitor);
  const foreign = { origin: "https://evil.test" };
  expect((await ask("DELETE", like, token, foreign)).status).toBe(200);
  const cookie = `plyr_session=${visitor.cookie("plyr_session") ?? ""}`;
  expect((await ask("DELETE", like, token, { ...foreign, cookie })).status).toBe(403);
});

test("somebody else's token is neither listed nor deleted", async () => {
  const { id } = await newToken(await signedIn());
  const other = await signedIn(bea);
  expect((await other.get("/me/tokens")).json()).toEqual({ tokens: [] });
  const answer = await other.delete(`/me/tokens/${id}`);
  expect([answer.status, answer.json()]).toMatchObject([404, { error: { code: "unknown_token" } }]);
  expect((await other.delete("/me/tokens/nothing")).status).toBe(404);
});

test.each([
  [{}, "name"],
  [{ name: "" }, "name"],
  [{ name: "   " }, "name"],
  [{ name: "x".repeat(101) }, "name"],
  [{ name: "a\u0000b" }, "name"],
  [{ name: 7 }, "name"],
  [{ name: "x", expires_in: 59 }, "expires_in"],
  [{ name: "x", expires_in: 366 * 86_400 + 1 }, "expires_in"],
  [{ name: "x", expires_in: "1d" }, "expires_in"],
  [{ name: "x", scope: "all" }, "scope"],
])("%j makes no token, and %s is named", async (body, field) => {
  const answer = await (await signedIn()).post("/me/tokens", { body });
  expect([answer.status, answer.json()]).toMatchObject([422, { error: { code: "malformed", field } }]);
});

test("a person has twenty tokens at most; those that are too old don't count", async () => {
  const visitor = await signedIn(bea);
  const answers = await Promise.all(
    Array.from({ length: 22 }, (_, at) =>
      visitor.post("/me/tokens", { body: { name: `token ${String(at)}` } }),
    ),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(20).fill(201), 409, 409]);
  await db
    .updateTable("developer_tokens")
    .set({ expires_at: new Date(Date.now() - 1_000) })
    .where("did", "=", bea.did)
    .execute();
  await newToken(visitor);
});

test("a token is in no task, no row and no log line while it is used", async () => {
  const visitor = await signedIn();
  const { token } = await newToken(visitor);
  await using client = new AsyncDisposableStack();
  const inRedis = new Client(redis.url);
  client.defer(async () => {
    await inRedis.quit();
  });
  // What is in Redis while the work is there, and what its traffic is.
  const traffic: string[] = [];
  const monitor = await inRedis.monitor();
  client.defer(() => {
    monitor.disconnect();
  });
  monitor.on("monitor", (_time: string, words: string[]) => traffic.push(words.join(" ")));
  await ask("POST", like, token);
  await visitor.delete(like);
  await until("the writes went through Redis", () =>
    Promise.resolve(traffic.some((line) => line.includes("pds.record.write"))),
  );
  await until(
    "nothing is owed any more",
    async () => (await db.selectFrom("intents").select("id").execute()).length === 0,
  );

  const { rows } = await sql<{ text: string }>`
    select developer_tokens::text as text from developer_tokens
    union all select browser_sessions::text from browser_sessions
    union all select oauth_grants::text from oauth_grants
    union all select intents::text from intents
    union all select pds_records::text from pds_records
  `.execute(db);
  const everywhere = [...traffic, ...service.log, ...rows.map(({ text }) => text)].join("\n");
  for (const secret of [
    token,
    token.slice("plyr_token_".length),
    visitor.cookie("plyr_session") ?? "?",
    ana.password,
    "eyJ",
    "refresh_token",
    "Bearer",
    "DPoP ",
  ]) {
    expect(everywhere).not.toContain(secret);
  }
});
