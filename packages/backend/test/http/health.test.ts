import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  makeCertificate,
  startPostgres,
  startRedis,
  until,
  Visitor,
  type Postgres,
  type Redis,
} from "@plyr/dev";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { command } from "../cli/commanding.js";
import { runService, type RunningService } from "./running-service.js";

let postgres: Postgres;
let redis: Redis;
let service: RunningService | undefined;

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
});

afterAll(() => Promise.all([postgres.close(), redis.close()]));

afterEach(stopService);

async function stopService(): Promise<void> {
  await service?.stop();
  service = undefined;
}

async function start(env: Record<string, string>, role: "all" | "api" | "worker" = "all"): Promise<Visitor> {
  service = await runService({ databaseUrl: await postgres.createDatabase(), env, role });
  return new Visitor(service.url);
}

const logged = () => service?.log.join("") ?? "";

test("without DOCKET_URL docket is disabled, and all is well", async () => {
  const visitor = await start({});
  const health = await visitor.get("/health");
  expect([health.status, health.json()]).toEqual([
    200,
    {
      status: "ok",
      role: "all",
      docket: { mode: "docket disabled" },
      database: { reachable: true },
      pds: { away: [], slowed: [] },
      warnings: [],
    },
  ]);
  expect(logged()).toContain('"msg":"docket disabled"');
});

test("with it, docket is connected", async () => {
  const visitor = await start({ DOCKET_URL: redis.url });
  expect((await visitor.get("/health")).json()).toMatchObject({
    status: "ok",
    docket: { mode: "docket", evictionPolicy: "noeviction" },
    warnings: [],
  });
  expect(logged()).toContain('"msg":"docket connected"');
});

test.each([
  { whom: "anybody", asks: false },
  { whom: "those with a certificate", asks: true },
])(
  "with TLS by an authority of one's own, for $whom, it is connected for the service and for its operator's commands",
  async ({ asks }) => {
    const folder = mkdtempSync(join(tmpdir(), "plyr-ca-"));
    try {
      const tls = makeCertificate(folder, ["localhost"]);
      const { authority: clientsOf } = tls;
      await using own = await startRedis({ tls: asks ? { ...tls, clientsOf } : tls, password: "secret1" });
      const shown = { DOCKET_CERT_FILE: tls.files.certificate, DOCKET_KEY_FILE: tls.files.key };
      const env = {
        DATABASE_URL: await postgres.createDatabase(),
        DOCKET_URL: own.secureUrl ?? "",
        DOCKET_CA_FILE: tls.files.authority,
        ...(asks ? shown : {}),
      };
      const visitor = await start(env);
      expect((await visitor.get("/health")).json()).toMatchObject({
        status: "ok",
        docket: { mode: "docket" },
      });
      const { stdout } = await command({ ...env, DATA_DIR: folder }, "status", "--json");
      expect(JSON.parse(stdout)).toMatchObject({ docket: { mode: "docket" } });
      await stopService();
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test("a Redis that may evict tasks gets a loud warning in log and health (incident 11)", async () => {
  await using evicting = await startRedis({ args: ["--maxmemory-policy", "allkeys-lru"] });
  const visitor = await start({ DOCKET_URL: evicting.url });
  expect((await visitor.get("/health")).json()).toMatchObject({
    status: "degraded",
    warnings: [expect.stringMatching(/^Redis may evict queued tasks: its maxmemory-policy is allkeys-lru/)],
  });
  expect(logged()).toMatch(/"level":"error".*WARNING: Redis may evict queued tasks/);
  await stopService();
});

test("it starts and answers while Redis is away, says so, and finds it when it is back", async () => {
  await using own = await startRedis();
  await own.stop();
  const visitor = await start({ DOCKET_URL: own.url });
  const health = await visitor.get("/health");
  expect([health.status, health.json()]).toMatchObject([
    200,
    { status: "degraded", docket: { mode: "docket unreachable, running in process" } },
  ]);
  expect((await visitor.get("/tracks")).status).toBe(200);
  expect(logged()).toContain('"msg":"docket unreachable, running in process"');

  await own.restart();
  await until("docket is connected", async () =>
    (await visitor.get("/health")).text.includes('"mode":"docket"'),
  );
  await stopService();
});

test("a Redis that hangs makes neither the start nor health hang", async () => {
  await using own = await startRedis();
  own.pause();
  const visitor = await start({ DOCKET_URL: own.url });
  const began = performance.now();
  const health = await visitor.get("/health");
  expect(performance.now() - began).toBeLessThan(1000);
  expect([health.status, health.json()]).toMatchObject([
    200,
    { status: "degraded", docket: { mode: "docket unreachable, running in process" } },
  ]);
  expect((await visitor.get("/tracks")).status).toBe(200);
  own.resume();
  await until("docket is connected", async () =>
    (await visitor.get("/health")).text.includes('"mode":"docket"'),
  );
  await stopService();
});

test("a database that is away shows, and health answers all the same", async () => {
  const own = await startPostgres();
  service = await runService({ databaseUrl: await own.createDatabase() });
  const visitor = new Visitor(service.url);
  await own.stop();
  await until("the loss is noticed", async () =>
    (await visitor.get("/health")).text.includes('"reachable":false'),
  );
  const health = await visitor.get("/health");
  expect([health.status, health.json()]).toMatchObject([
    200,
    { status: "degraded", warnings: [expect.stringMatching(/^The database does not answer: /)] },
  ]);
  await stopService();
  await own.close();
});

test("no worker alive shows in log and health, and passes when one comes (incident 9)", async () => {
  await using empty = await startRedis();
  const visitor = await start({ DOCKET_URL: empty.url }, "api");
  const warning = expect.stringMatching(/^No worker is alive: what is accepted waits/) as unknown;
  expect((await visitor.get("/health")).json()).toMatchObject({ status: "degraded", warnings: [warning] });
  expect(logged()).toContain("No worker is alive");
  const worker = await runService({
    databaseUrl: await postgres.createDatabase(),
    env: { DOCKET_URL: empty.url },
    role: "worker",
  });
  await until("health is well", async () => (await visitor.get("/health")).text.includes('"status":"ok"'));
  await worker.stop();
  await stopService();
});

test("a worker with PORT answers health and nothing else", async () => {
  const visitor = await start({ DOCKET_URL: redis.url }, "worker");
  expect((await visitor.get("/health")).json()).toMatchObject({ role: "worker", docket: { mode: "docket" } });
  expect((await visitor.get("/tracks")).status).toBe(404);
});

test("stopping twice is stopping once, and nobody answers afterwards", async () => {
  const visitor = await start({});
  await Promise.all([service?.stop(), service?.stop()]);
  service = undefined;
  await expect(visitor.get("/health")).rejects.toThrow("ECONNREFUSED");
});
