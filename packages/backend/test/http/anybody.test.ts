import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Visitor, startPostgres, type Postgres } from "@plyr/dev";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runService, type RunningService } from "./running-service.js";

let postgres: Postgres;
let service: RunningService;
let visitor: Visitor;
let webDir: string;

beforeAll(async () => {
  webDir = await mkdtemp(join(tmpdir(), "plyr-pages-"));
  await mkdir(join(webDir, "assets"));
  await writeFile(join(webDir, "index.html"), "<title>the page</title>");
  await writeFile(join(webDir, "assets", "index-abc123.js"), "script");
  postgres = await startPostgres();
  service = await runService({ databaseUrl: await postgres.createDatabase(), env: { WEB_DIR: webDir } });
  visitor = new Visitor(service.url);
});

afterAll(async () => {
  await service.stop();
  await postgres.close();
  await rm(webDir, { recursive: true });
});

test("who is not signed in sees tracks, and may not like them", async () => {
  expect((await visitor.get("/tracks")).json()).toEqual({ tracks: [] });
  for (const [method, path] of [
    ["GET", "/me"],
    ["GET", "/tracks/1/like"],
    ["POST", "/tracks/1/like"],
    ["DELETE", "/tracks/1/like"],
  ] as const) {
    const answer = await visitor.send(method, path);
    expect([answer.status, answer.json()]).toMatchObject([401, { error: { code: "not_signed_in" } }]);
  }
  const forged = await visitor.get("/me", { headers: { cookie: `plyr_session=${"A".repeat(43)}` } });
  expect(forged.status).toBe(401);
});

test.each(["", "?handle=", "?handle=not%20a%20handle", "?handle=http://127.0.0.1:1/"])(
  "/auth/start%s names the field that is wrong",
  async (query) => {
    const answer = await visitor.get(`/auth/start${query}`);
    expect([answer.status, answer.json()]).toMatchObject([
      422,
      { error: { code: "malformed", field: "handle" } },
    ]);
  },
);

test("a sign-in begun under the name localhost goes on under the address", async () => {
  const { port } = new URL(service.url);
  const answer = await new Visitor(`http://localhost:${port}`).get("/auth/start?handle=ana.test");
  expect([answer.status, answer.headers.location]).toEqual([
    302,
    `${service.url}/auth/start?handle=ana.test`,
  ]);
});

test("a callback out of nowhere leads back to the page, with the reason", async () => {
  for (const query of ["", "?state=x&code=y", "?error=access_denied"]) {
    const answer = await visitor.get(`/auth/callback${query}`);
    expect([answer.status, answer.headers.location]).toEqual([302, "/?signInError=expired"]);
  }
});

test("the pages are served, and their own paths lead to the page", async () => {
  const html = { headers: { accept: "text/html" } };
  expect((await visitor.get("/", html)).text).toBe("<title>the page</title>");
  expect((await visitor.get("/some/where", html)).text).toBe("<title>the page</title>");
  const script = await visitor.get("/assets/index-abc123.js");
  expect([script.text, script.headers["cache-control"]]).toEqual([
    "script",
    "public, max-age=31536000, immutable",
  ]);
  for (const path of ["/assets/missing.js", "/nothing", "/../package.json", "/%2e%2e/%2e%2e/package.json"]) {
    const answer = await visitor.get(path);
    expect([answer.status, answer.json()]).toMatchObject([404, { error: { code: "not_found" } }]);
  }
});

test("the page may run its own scripts, play audio from PDSs, and be framed by nobody", async () => {
  const { headers } = await visitor.get("/", { headers: { accept: "text/html" } });
  const policy = String(headers["content-security-policy"]);
  expect(policy).toContain("default-src 'self'");
  expect(policy).toContain("media-src 'self' https: http:");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain("unsafe");
  expect(headers["x-content-type-options"]).toBe("nosniff");
  expect(headers["strict-transport-security"]).toBeUndefined();
});

test("over HTTPS cookies are Secure and bound to the host, and the client's metadata can be fetched", async () => {
  const other = await runService({
    databaseUrl: await postgres.createDatabase(),
    env: {
      PUBLIC_URL: "https://plyr.test",
      PLYR_ENV: "production",
      SESSION_KEY: Buffer.alloc(32, 1).toString("base64"),
    },
  });
  try {
    const behindProxy = new Visitor(other.url);
    const out = await behindProxy.post("/auth/logout", { headers: { origin: "https://plyr.test" } });
    expect(out.headers["set-cookie"]).toEqual([
      expect.stringMatching(/^__Host-plyr_session=; .*Path=\/; HttpOnly; Secure; SameSite=Lax$/),
    ]);
    expect(out.headers["strict-transport-security"]).toBe("max-age=31536000");
    expect(String(out.headers["content-security-policy"])).toContain("media-src 'self' https:;");
    expect((await behindProxy.get("/oauth/client-metadata.json")).json()).toMatchObject({
      client_id: "https://plyr.test/oauth/client-metadata.json",
      redirect_uris: ["https://plyr.test/auth/callback"],
      scope:
        "atproto repo:fm.plyr.test.like repo:fm.plyr.test.comment repo:fm.plyr.test.list repo:fm.plyr.test.actor.profile repo:fm.plyr.test.track blob:audio/* repo:fm.teal.feed.play repo:fm.teal.actor.status",
      dpop_bound_access_tokens: true,
    });
    expect((await behindProxy.post("/auth/logout")).status).toBe(403);
  } finally {
    await other.stop();
  }
});
