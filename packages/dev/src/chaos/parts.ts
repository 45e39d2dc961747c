import { randomBytes } from "node:crypto";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startGatedPds } from "../gate/gated-pds.js";
import type { Gate } from "../gate/gate.js";
import { LOOPBACK, freePort } from "../network/ports.js";
import type { Pds } from "../pds/pds.js";
import { startPostgres } from "../postgres/postgres.js";
import { Program } from "../processes/program.js";
import { startRedis, type Redis } from "../redis/redis.js";
import { until } from "../waiting/until.js";

/** One process of the service. */
export interface ServiceProcess {
  readonly url: string;
  /** No-op when it runs. */
  start(): Promise<void>;
  /** No-op when it doesn't run. */
  kill(): Promise<void>;
  /** Resolves when it answers. */
  answers(): Promise<void>;
  /** How often it ended without our doing. */
  readonly faints: number;
}

/** The service as in production, API and worker apart, and all that it stands on, each in processes of its own. */
export interface Parts extends AsyncDisposable {
  readonly pds: Pds;
  readonly gate: Gate;
  readonly redis: Redis;
  readonly api: ServiceProcess;
  readonly worker: ServiceProcess;
  /** The variables with which both run, and the operator's commands too. */
  readonly env: Readonly<Record<string, string>>;
  /** The NSIDs of our records begin with it. */
  readonly namespace: string;
}

const NAMESPACE = "fm.plyr.chaos";
const program = fileURLToPath(new URL("../../../backend/dist/bin/serve.js", import.meta.url));

/** @param logFile gets what both processes log */
export async function startParts(logFile: string): Promise<Parts> {
  await using starting = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "plyr-chaos-"));
  starting.defer(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const { pds, gate } = starting.use(await startGatedPds());
  const redis = starting.use(await startRedis());
  const databaseUrl = await starting.use(await startPostgres()).createDatabase();
  const apiPort = await freePort();
  const env = {
    PLYR_ENV: "development",
    PUBLIC_URL: `http://${LOOPBACK}:${String(apiPort)}`,
    DATA_DIR: folder,
    STORAGE_DIR: join(folder, "storage"),
    DATABASE_URL: databaseUrl,
    DOCKET_URL: redis.url,
    SESSION_KEY: randomBytes(32).toString("base64"),
    COLLECTION_NAMESPACE: NAMESPACE,
    PLC_URL: pds.plcUrl,
    HANDLE_RESOLVER_URL: pds.url,
  };
  const serve = (role: "api" | "worker", port: number): ServiceProcess => {
    const process = serviceProcess(role, port, env, logFile);
    starting.defer(() => process.close());
    return process;
  };
  const api = serve("api", apiPort);
  const worker = serve("worker", await freePort());
  // One after the other: the first one makes the tables.
  for (const process of [api, worker]) {
    await process.start();
    await process.answers();
  }
  const stack = starting.move();
  return {
    pds,
    gate,
    redis,
    api,
    worker,
    env,
    namespace: NAMESPACE,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function serviceProcess(
  role: "api" | "worker",
  port: number,
  env: Readonly<Record<string, string>>,
  logFile: string,
): ServiceProcess & { close(): Promise<void> } {
  const url = `http://${LOOPBACK}:${String(port)}`;
  const process_ = new Program({
    name: `the service (${role})`,
    command: process.execPath,
    args: [program, "--role", role],
    env: { PATH: process.env["PATH"], ...env, PORT: String(port) },
    grace: 40_000,
    onOutput: (text) => {
      appendFileSync(logFile, text);
    },
  });
  let faints = 0;
  let killing = false;
  return {
    url,
    get faints() {
      return faints;
    },
    async start() {
      if (process_.running) return;
      const child = await process_.start();
      child.once("exit", (code) => {
        if (killing) return;
        faints += 1;
        appendFileSync(logFile, `the service (${role}) ended by itself, with ${String(code)}\n`);
      });
    },
    async kill() {
      killing = true;
      await process_.kill();
      killing = false;
    },
    async answers() {
      await until(`the service (${role}) answers`, async () => (await fetch(`${url}/health`)).ok, {
        within: 60_000,
        every: 100,
      });
    },
    async close() {
      killing = true;
      await process_.close();
    },
  };
}
