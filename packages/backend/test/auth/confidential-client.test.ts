import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  signIn,
  startHttpsFront,
  startPds,
  startPostgres,
  Visitor,
  type Account,
  type HttpsFront,
  type Pds,
} from "@plyr/dev";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { makeClientKey } from "../../src/auth/client-keys.js";
import { GrantStore } from "../../src/auth/grant-store.js";
import { SealedBox } from "../../src/auth/sealed-box.js";
import type { OauthKey } from "../../src/settings/oauth-keys.js";
import { serve, type Serving } from "../promise/serving.js";
import { openMigrated, SESSION_KEY } from "./sign-in-by-hand.js";

// Names under home.arpa are nobody's (RFC 8375), and unlike `.test` and `.example` a PDS takes them for clients.
const SERVICE = "plyr.home.arpa";
const PDS = "pds.home.arpa";
const PUBLIC_URL = `https://${SERVICE}`;

const world = new AsyncDisposableStack();
let front: HttpsFront;
let pds: Pds;
let databaseUrl: string;
let dataDir: string;
let ana: Account;
const first = makeClientKey();

beforeAll(async () => {
  front = world.use(await startHttpsFront([SERVICE, PDS]));
  dataDir = await mkdtemp(join(tmpdir(), "plyr-client-"));
  world.defer(() => rm(dataDir, { recursive: true, force: true }));
  pds = world.use(await startPds({ behind: { name: PDS, front } }));
  databaseUrl = await world.use(await startPostgres()).createDatabase();
  ana = await pds.createAccount({ handle: "ana.test", password: "ana-password" });
});

afterAll(() => world.disposeAsync());

/** The service with production's settings and these keys; what comes for its name comes to it. */
async function serveWith(keys: readonly OauthKey[], leads = true): Promise<Serving> {
  const env = {
    ...front.env,
    PLYR_ENV: "production",
    PUBLIC_URL,
    SESSION_KEY: SESSION_KEY.toString("base64"),
    OAUTH_KEYS: JSON.stringify({ keys }),
  };
  const serving = await serve({ pds, dataDir, databaseUrl, docketUrl: undefined, env });
  world.defer(() => serving.program.close());
  if (leads) front.lead(SERVICE, Number(new URL(serving.url).port));
  return serving;
}

const metadata = z.object({
  token_endpoint_auth_method: z.string(),
  token_endpoint_auth_signing_alg: z.string(),
  jwks_uri: z.string(),
});

test("a service with keys signs people in over https as a confidential client, and tells nobody its keys", async () => {
  const serving = await serveWith([first]);
  const visitor = new Visitor(PUBLIC_URL, front.door);
  const told = metadata.parse((await visitor.get("/oauth/client-metadata.json")).json());
  expect(told).toEqual({
    token_endpoint_auth_method: "private_key_jwt",
    token_endpoint_auth_signing_alg: "ES256",
    jwks_uri: `${PUBLIC_URL}/oauth/jwks.json`,
  });
  const jwks = await visitor.get("/oauth/jwks.json");
  expect(jwks.json()).toMatchObject({ keys: [{ kid: first.kid, kty: "EC", crv: "P-256", x: first.x }] });
  expect(jwks.text).not.toContain(first.d);

  expect((await visitor.signIn(ana)).headers.location).toBe("/");
  expect((await visitor.get("/me")).json()).toMatchObject({ did: ana.did });
  expect(await storedAuthMethod()).toEqual({ method: "private_key_jwt", kid: first.kid });
  await serving.program.stop();
});

test("who has other keys than are published is refused by the PDS", async () => {
  const serving = await serveWith([first]);
  const pretender = await serveWith([{ ...makeClientKey(), kid: first.kid }], false);
  const visitor = new Visitor(pretender.url);
  const refused = await visitor.get(`/auth/start?handle=${ana.handle}`);
  expect(refused.status).toBe(502);
  expect(refused.json()).toMatchObject({ error: { code: "refused" } });
  const genuine = await new Visitor(serving.url).get(`/auth/start?handle=${ana.handle}`);
  const { location: authorizeUrl = "" } = genuine.headers;
  expect(await signIn({ authorizeUrl, ...ana, door: front.door })).toContain(`${PUBLIC_URL}/auth/callback`);
  await pretender.program.stop();
  await serving.program.stop();
});

test("a key is changed without a sign-in: published first, then signed with; earlier grants go on with theirs", async () => {
  const second = makeClientKey();
  const publishing = await serveWith([first, second]);
  // It remembers the keys for ten minutes, in memory: this stands for them.
  await pds.restart();
  const visitor = new Visitor(PUBLIC_URL, front.door);
  await visitor.signIn(ana);
  expect(await storedAuthMethod()).toEqual({ method: "private_key_jwt", kid: first.kid });
  await publishing.program.stop();

  const signing = await serveWith([second, first]);
  expect(await refresh([second, first])).toBe("200");
  expect(await storedAuthMethod()).toEqual({ method: "private_key_jwt", kid: first.kid });
  await visitor.signIn(ana);
  expect(await storedAuthMethod()).toEqual({ method: "private_key_jwt", kid: second.kid });
  expect(await refresh([second, first])).toBe("200");
  await signing.program.stop();
});

/** With which key the PDS has bound Ana's grant. */
async function storedAuthMethod(): Promise<unknown> {
  const db = await openMigrated(databaseUrl);
  try {
    return (await new GrantStore(db, new SealedBox(SESSION_KEY)).stored(ana.did))?.authMethod;
  } finally {
    await db.destroy();
  }
}

/** Lets a process with these keys use Ana's grant, whose token has run out: what the PDS answers to the write. */
async function refresh(keys: readonly OauthKey[]): Promise<unknown> {
  const db = await openMigrated(databaseUrl);
  const grants = new GrantStore(db, new SealedBox(SESSION_KEY));
  const session = await grants.stored(ana.did);
  if (session === undefined) throw new Error("Ana has no grant");
  const ranOut = { ...session.tokenSet, expires_at: new Date(Date.now() - 1_000).toISOString() };
  await grants.renew(ana.did, { ...session, tokenSet: ranOut });
  await db.destroy();
  const env = { ...process.env, ...front.env, OAUTH_KEYS: JSON.stringify({ keys }), PUBLIC_URL };
  const child = fork(
    join(import.meta.dirname, "refreshing-process.ts"),
    [databaseUrl, SESSION_KEY.toString("base64"), session.tokenSet.scope, pds.url, pds.plcUrl, ana.did],
    { env },
  );
  world.defer(() => void child.kill("SIGKILL"));
  await once(child, "message");
  const answered = once(child, "message");
  child.send("write");
  const outcome: unknown = (await answered)[0];
  child.kill();
  return outcome;
}
