import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Visitor, freePort, startPostgres, until, type Postgres } from "@plyr/dev";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

const SERVE = join(import.meta.dirname, "../../dist/bin/serve.js");

let postgres: Postgres;
let dataDir: string;
let running: ChildProcess[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  dataDir = await mkdtemp(join(tmpdir(), "plyr-serve-"));
});

afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
  running = [];
});

afterAll(async () => {
  await postgres.close();
  await rm(dataDir, { recursive: true });
});

function serve(env: Record<string, string>, args: string[] = []) {
  const child = spawn(process.execPath, [SERVE, ...args], {
    env: { PATH: process.env["PATH"], DATA_DIR: dataDir, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  const ended = once(child, "exit").then(([code]: unknown[]) => code);
  return { child, ended, errors: text(child.stderr), output: text(child.stdout) };
}

test("settings out of range are refused at the start, by name and without a stack (incident 2)", async () => {
  const { ended, errors } = serve({ PLYR_ENV: "development", DOCKET_WORKER_CONCURRENCY: "0", PORT: "99999" });
  expect(await ended).toBe(1);
  expect(await errors).toBe(
    "The settings are not usable:\n" +
      '  - PORT is "99999": allowed is a whole number from 1 to 65535\n' +
      '  - DOCKET_WORKER_CONCURRENCY is "0": allowed is a whole number from 1 to 1000\n',
  );
});

test("a single role without a shared queue and database is refused with the reason", async () => {
  const { ended, errors } = serve({ PLYR_ENV: "development" }, ["--role", "worker"]);
  expect(await ended).toBe(1);
  expect(await errors).toContain('--role is "worker" but DOCKET_URL and DATABASE_URL are not set');
});

test.each(["SIGTERM", "SIGINT"] as const)("on %s it ends in order, with 0", async (signal) => {
  const port = String(await freePort());
  const env = { PLYR_ENV: "development", PORT: port, DATABASE_URL: await postgres.createDatabase() };
  const { child, ended, output } = serve(env);
  const visitor = new Visitor(`http://127.0.0.1:${port}`);
  await until("it answers", async () => (await visitor.get("/health")).status === 200);
  child.kill(signal);
  expect(await ended).toBe(0);
  expect(await output).toMatch(/"msg":"stopping"[^]*"msg":"stopped"/);
});

test("told to end, it isn't ready any more, and still answers for as long as a load balancer needs to notice", async () => {
  const port = String(await freePort());
  const { child, ended } = serve({
    ...{ PLYR_ENV: "development", PORT: port, DATABASE_URL: await postgres.createDatabase() },
    SHUTDOWN_NOTICE: "3s",
  });
  const visitor = new Visitor(`http://127.0.0.1:${port}`);
  const statusOf = async (path: string) => (await visitor.get(path)).status;
  await until("it is ready", async () => (await statusOf("/ready")) === 200);
  child.kill("SIGTERM");
  await until("it says that it isn't any more", async () => (await statusOf("/ready")) === 503);
  expect([await statusOf("/health"), await statusOf("/tracks")]).toEqual([200, 200]);
  expect(await ended).toBe(0);
});

test("an address that is taken is named, and nothing is left running", async () => {
  const port = String(await freePort());
  const env = { PLYR_ENV: "development", PORT: port, DATABASE_URL: await postgres.createDatabase() };
  const first = serve(env);
  await until(
    "it answers",
    async () => (await new Visitor(`http://127.0.0.1:${port}`).get("/health")).status === 200,
  );
  const second = serve(env);
  expect(await second.ended).toBe(1);
  expect(await second.errors).toContain(`HTTP can't listen on 127.0.0.1:${port} (HOST, PORT)`);
  first.child.kill("SIGTERM");
  expect(await first.ended).toBe(0);
});
