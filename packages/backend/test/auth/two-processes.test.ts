import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import {
  startGatedPds,
  startPostgres,
  until,
  type Account,
  type GatedPds,
  type GateRequest,
  type Postgres,
} from "@plyr/dev";
import { sql, type Kysely } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GrantStore } from "../../src/auth/grant-store.js";
import { SealedBox } from "../../src/auth/sealed-box.js";
import type { Schema } from "../../src/database/schema.js";
import { BROWSER, SCOPE, SESSION_KEY, authAgainst, consent, openMigrated } from "./sign-in-by-hand.js";

let gated: GatedPds;
let postgres: Postgres;
let databaseUrl: string;
let db: Kysely<Schema>;
let ana: Account;
let processes: ChildProcess[] = [];

beforeAll(async () => {
  [gated, postgres] = await Promise.all([startGatedPds(), startPostgres()]);
  databaseUrl = await postgres.createDatabase();
  db = await openMigrated(databaseUrl);
  ana = await gated.pds.createAccount({ handle: "ana.test", password: "ana-password" });

  const auth = authAgainst(gated.pds, { db, url: databaseUrl });
  await auth.finish(await consent(auth, ana), BROWSER);
  await auth.close();
  processes = await Promise.all([startProcess(), startProcess()]);
});

afterAll(async () => {
  for (const child of processes) child.kill("SIGKILL");
  await db.destroy();
  await Promise.all([gated.close(), postgres.close()]);
});

async function startProcess(): Promise<ChildProcess> {
  const { url, plcUrl } = gated.pds;
  const key = SESSION_KEY.toString("base64");
  const child = fork(join(import.meta.dirname, "refreshing-process.ts"), [
    databaseUrl,
    key,
    SCOPE,
    url,
    plcUrl,
    ana.did,
  ]);
  await once(child, "message");
  return child;
}

/** Tells a process to write, and waits for what it was answered. */
async function writeBy(child: ChildProcess): Promise<unknown> {
  const answered = once(child, "message");
  child.send("write");
  return (await answered)[0];
}

async function expireAccessToken(): Promise<void> {
  const grants = new GrantStore(db, new SealedBox(SESSION_KEY));
  const session = await grants.stored(ana.did);
  if (session === undefined) throw new Error("Ana has no grant");
  const tokenSet = { ...session.tokenSet, expires_at: new Date(Date.now() - 1000).toISOString() };
  await grants.renew(ana.did, { ...session, tokenSet });
}

const isRefresh = (request: GateRequest) =>
  request.path === "/oauth/token" && request.body.includes("grant_type=refresh_token");

/** Refreshes that reached the PDS; a first try only to learn the nonce is answered 400 and spends nothing. */
const refreshes = () => gated.gate.answered(isRefresh, 200);

async function connectedProcesses(): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from pg_stat_activity
    where application_name = 'plyr grant lock' and datname = current_database()`.execute(db);
  return rows[0]?.count ?? 0;
}

test("two processes refresh one session at the same time: one refresh reaches the PDS, both go on (incident 12)", async () => {
  await expireAccessToken();
  const before = refreshes();
  const held = gated.gate.holdRequest(isRefresh);
  const outcomes = Promise.all(processes.map(writeBy));
  const refresh = await held;
  // The other one has come to the lock as well by the time the first one's refresh goes on.
  await until("both processes ask for the lock", async () => (await connectedProcesses()) === 2);
  refresh.forward();

  expect(await outcomes).toEqual(["200", "200"]);
  expect(refreshes() - before).toBe(1);
});

test("and again, and again, with the tokens that each refresh left", async () => {
  for (let round = 0; round < 5; round += 1) {
    await expireAccessToken();
    const before = refreshes();
    expect(await Promise.all(processes.map(writeBy))).toEqual(["200", "200"]);
    expect(refreshes() - before).toBe(1);
  }
});

test("a process that is killed while it refreshes leaves the lock to the other", async () => {
  await expireAccessToken();
  const held = gated.gate.holdRequest(isRefresh);
  const [doomed, survivor] = processes;
  if (doomed === undefined || survivor === undefined) throw new Error("There are not two processes");
  doomed.send("write");
  const refresh = await held;
  const outcome = writeBy(survivor);
  doomed.kill("SIGKILL");
  await once(doomed, "exit");
  refresh.drop();
  expect(await outcome).toBe("200");
});
