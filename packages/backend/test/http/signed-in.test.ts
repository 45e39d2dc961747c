import { Visitor, startPds, startPostgres, until, type Account, type Pds, type Postgres } from "@plyr/dev";
import type { Kysely } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase } from "../../src/database/open.js";
import type { Schema } from "../../src/database/schema.js";
import { adoptTrack } from "../../src/tracks/adopt-track.js";
import { NAMESPACE, runService, type RunningService } from "./running-service.js";

let pds: Pds;
let postgres: Postgres;
let service: RunningService;
let db: Kysely<Schema>;
let ana: Account;
let trackId: number;

beforeAll(async () => {
  [pds, postgres] = await Promise.all([startPds(), startPostgres()]);
  ana = await pds.createAccount({ handle: "ana.test", password: "ana-password" });
  const databaseUrl = await postgres.createDatabase();
  service = await runService({ databaseUrl, pds });
  db = await openDatabase({ databaseUrl, dataDir: "/nowhere" });
  ({ id: trackId } = await adoptTrack(db, {
    artist: { did: "did:plc:artist", handle: "artist.test", displayName: "The Artist" },
    track: { title: "Rain", fileType: "wav", duration: 12, audioUrl: `${pds.url}/audio` },
    record: {
      collection: `${NAMESPACE}.track`,
      rkey: "3k2a",
      content: { title: "Rain" },
      cid: "bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
    },
  }));
});

afterAll(async () => {
  await db.destroy();
  await service.stop();
  await Promise.all([pds.close(), postgres.close()]);
});

async function signedIn(): Promise<Visitor> {
  const visitor = new Visitor(service.url);
  const back = await visitor.signIn(ana);
  expect([back.status, back.headers.location]).toEqual([302, "/"]);
  return visitor;
}

test("signing in through the PDS sets the cookie and ends at the page", async () => {
  const visitor = new Visitor(service.url);
  const back = await visitor.signIn(ana);
  expect([back.status, back.headers.location]).toEqual([302, "/"]);
  const cookie = back.headers["set-cookie"]?.find((header) => header.startsWith("plyr_session="));
  expect(cookie).toMatch(/^plyr_session=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/);

  const me = await visitor.get("/me");
  expect([me.status, me.json()]).toEqual([
    200,
    { did: ana.did, handle: "ana.test", needsSignIn: null, waiting: 0 },
  ]);
});

test("the cookie's value is not in the database", async () => {
  const visitor = await signedIn();
  const rows = await db.selectFrom("browser_sessions").selectAll().execute();
  expect(rows.length).toBeGreaterThan(0);
  expect(JSON.stringify(rows)).not.toContain(visitor.cookie("plyr_session"));
});

test("one grant serves many browsers; signing out ends one of them", async () => {
  const [phone, laptop] = [await signedIn(), await signedIn()];
  expect((await phone.post("/auth/logout")).status).toBe(204);
  expect(phone.cookie("plyr_session")).toBeUndefined();
  expect((await phone.get("/me")).status).toBe(401);
  expect((await laptop.get("/me")).status).toBe(200);
  expect(await db.selectFrom("oauth_grants").select("did").execute()).toEqual([{ did: ana.did }]);
});

test("a signed-out browser's cookie is worth nothing, and neither is an expired one", async () => {
  const visitor = await signedIn();
  const cookie = `plyr_session=${visitor.cookie("plyr_session") ?? ""}`;
  const stranger = new Visitor(service.url);
  expect((await stranger.get("/me", { headers: { cookie } })).status).toBe(200);
  await db
    .updateTable("browser_sessions")
    .set({ expires_at: new Date(Date.now() - 1000) })
    .execute();
  expect((await stranger.get("/me", { headers: { cookie } })).status).toBe(401);
});

test("a sign-in that was begun in another browser is not completed", async () => {
  const victim = new Visitor(service.url);
  const attacker = new Visitor(service.url);
  const started = await attacker.get("/auth/start?handle=ana.test");
  const state = await db
    .selectFrom("oauth_states")
    .select("key")
    .orderBy("created_at", "desc")
    .executeTakeFirstOrThrow();
  expect(started.status).toBe(302);
  const back = await victim.get(
    `/auth/callback?state=${state.key}&iss=${encodeURIComponent(pds.url)}&code=x`,
  );
  expect(back.headers.location).toBe("/?signInError=expired");
  expect(victim.cookie("plyr_session")).toBeUndefined();
});

test("a track is liked, shown as liked, and unliked", async () => {
  const visitor = await signedIn();
  const liked = await visitor.post(`/tracks/${String(trackId)}/like`);
  expect([liked.status, liked.json()]).toEqual([
    200,
    {
      liked: true,
      write: expect.objectContaining({
        uri: expect.stringContaining(`at://${ana.did}/${NAMESPACE}.like/`) as unknown,
      }) as unknown,
    },
  ]);
  await until("the like is confirmed", async () =>
    JSON.stringify((await visitor.get(`/tracks/${String(trackId)}/like`)).json()).includes('"confirmed"'),
  );
  const listed = (await visitor.get("/tracks")).json();
  expect(listed).toMatchObject({
    tracks: [
      {
        id: trackId,
        title: "Rain",
        artist: { did: "did:plc:artist", handle: "artist.test", displayName: "The Artist" },
        duration: 12,
        fileType: "wav",
        uri: `at://did:plc:artist/${NAMESPACE}.track/3k2a`,
        likeCount: 1,
        like: { liked: true, write: { state: "confirmed" } },
      },
    ],
  });

  expect((await visitor.delete(`/tracks/${String(trackId)}/like`)).json()).toMatchObject({ liked: false });
  expect((await new Visitor(service.url).get("/tracks")).json()).toMatchObject({
    tracks: [{ likeCount: 0, like: null }],
  });
});

test.each(["POST", "DELETE"])("%s from another site is refused, whatever it carries", async (method) => {
  const visitor = await signedIn();
  const path = `/tracks/${String(trackId)}/like`;
  const before = await db.selectFrom("intents").select("id").execute();
  for (const headers of [
    { origin: "https://evil.test" },
    { origin: "null" },
    { origin: service.url.replace("127.0.0.1", "localhost") },
    { origin: "https://evil.test", "content-type": "application/json" },
    { origin: "https://evil.test", "content-type": "text/plain" },
  ]) {
    const answer = await visitor.send(method, path, { headers, rawBody: "{}" });
    expect([answer.status, answer.json()]).toMatchObject([403, { error: { code: "foreign_origin" } }]);
  }
  expect(await db.selectFrom("intents").select("id").execute()).toEqual(before);
});

test("without an Origin, the browser's word on where it comes from decides", async () => {
  const cookie = `plyr_session=${(await signedIn()).cookie("plyr_session") ?? ""}`;
  const ask = (headers: Record<string, string>) =>
    fetch(`${service.url}/tracks/${String(trackId)}/like`, {
      method: "DELETE",
      headers: { cookie, ...headers },
    });
  expect((await ask({ "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect((await ask({ "sec-fetch-site": "same-site" })).status).toBe(403);
  expect((await ask({ "sec-fetch-site": "same-origin" })).status).toBe(200);
  expect((await ask({})).status).toBe(200);
});

test.each(["999999", "0", "-1", "abc", "1.5", "99999999999", "2147483648", "%00"])(
  "track %s is unknown",
  async (id) => {
    const visitor = await signedIn();
    for (const method of ["GET", "POST", "DELETE"]) {
      const answer = await visitor.send(method, `/tracks/${id}/like`);
      expect([answer.status, answer.json()]).toMatchObject([404, { error: { code: "unknown_track" } }]);
    }
  },
);

test.each([
  ["not json", "body"],
  ["[]", "body"],
  ['"text"', "body"],
  ["null", "body"],
  ['{"colour":"red"}', "colour"],
])("the body %s is malformed, and %s is named", async (rawBody, field) => {
  const visitor = await signedIn();
  for (const method of ["POST", "DELETE"]) {
    const answer = await visitor.send(method, `/tracks/${String(trackId)}/like`, { rawBody });
    expect([answer.status, answer.json()]).toMatchObject([422, { error: { code: "malformed", field } }]);
  }
});

test("an empty object is no body, and a huge one is too large", async () => {
  const visitor = await signedIn();
  const path = `/tracks/${String(trackId)}/like`;
  expect((await visitor.delete(path, { rawBody: "{}" })).status).toBe(200);
  const huge = await visitor.post(path, { rawBody: JSON.stringify({ x: "x".repeat(100_000) }) });
  expect([huge.status, huge.json()]).toMatchObject([413, { error: { code: "too_large", field: "body" } }]);
});

test("a lost grant shows on /me until the next sign-in", async () => {
  const visitor = await signedIn();
  await db.updateTable("oauth_grants").set({ lost_at: new Date(), lost_reason: "because" }).execute();
  expect((await visitor.get("/me")).json()).toMatchObject({ needsSignIn: { reason: "because" } });
  await signedIn();
  expect((await visitor.get("/me")).json()).toMatchObject({ needsSignIn: null });
});

test("the log knows of every request, and of no cookie, code, token or key", async () => {
  const visitor = await signedIn();
  await visitor.post(`/tracks/${String(trackId)}/like`);
  const log = service.log.join("");
  expect(log).toContain('"path":"/auth/callback"');
  expect(log).toContain(`"path":"/tracks/${String(trackId)}/like"`);
  for (const secret of [
    visitor.cookie("plyr_session") ?? "?",
    "code=",
    "plyr_session=",
    "eyJ",
    "refresh_token",
    "Bearer",
    "DPoP ",
    ana.password,
  ]) {
    expect(log).not.toContain(secret);
  }
});
