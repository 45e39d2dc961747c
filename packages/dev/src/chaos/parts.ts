import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBucket, type Bucket } from "../bucket/bucket.js";
import { startGatedPds } from "../gate/gated-pds.js";
import type { Gate } from "../gate/gate.js";
import { LOOPBACK, freePort } from "../network/ports.js";
import type { Pds } from "../pds/pds.js";
import { startPostgres } from "../postgres/postgres.js";
import { startRedis, type Redis } from "../redis/redis.js";
import { serviceProcess, type ServiceProcess } from "./service-process.js";
import type { Setting } from "./setting.js";

/** The service as in production, and all that it stands on, each in processes of its own. */
export interface Parts extends AsyncDisposable {
  readonly pds: Pds;
  readonly gate: Gate;
  /** Null: one process does everything, without it. */
  readonly redis: Redis | null;
  /** Null: files are in a folder. */
  readonly bucket: Bucket | null;
  readonly api: ServiceProcess;
  /** The same as `api` where one process does everything. */
  readonly worker: ServiceProcess;
  /** The variables with which both run, and the operator's commands too. */
  readonly env: Readonly<Record<string, string>>;
  readonly databaseUrl: string;
  /** The service's own folder. */
  readonly dataDir: string;
  /** Where files are, when there is no bucket. */
  readonly storageDir: string;
  /** The NSIDs of our records begin with it. */
  readonly namespace: string;
}

const NAMESPACE = "fm.plyr.chaos";

/** @param logFile gets what the service logs */
export async function startParts(setting: Setting, logFile: string): Promise<Parts> {
  await using starting = new AsyncDisposableStack();
  const dataDir = mkdtempSync(join(tmpdir(), "plyr-chaos-"));
  starting.defer(() => {
    rmSync(dataDir, { recursive: true, force: true });
  });
  const storageDir = join(dataDir, "storage");
  const { pds, gate } = starting.use(await startGatedPds());
  const redis = setting.split ? starting.use(await startRedis()) : null;
  const bucket = setting.bucket ? starting.use(await startBucket()) : null;
  const databaseUrl = await starting.use(await startPostgres()).createDatabase();
  const apiPort = await freePort();
  const env = {
    PLYR_ENV: "development",
    PUBLIC_URL: `http://${LOOPBACK}:${String(apiPort)}`,
    DATA_DIR: dataDir,
    DATABASE_URL: databaseUrl,
    SESSION_KEY: randomBytes(32).toString("base64"),
    COLLECTION_NAMESPACE: NAMESPACE,
    PLC_URL: pds.plcUrl,
    HANDLE_RESOLVER_URL: pds.url,
    ...(redis && { DOCKET_URL: redis.url }),
    ...(bucket ? bucketVariables(bucket) : { STORAGE_DIR: storageDir }),
  };
  const serve = async (role: "api" | "worker" | "all", port: number): Promise<ServiceProcess> => {
    const process = serviceProcess(role, port, env, logFile);
    starting.defer(() => process.close());
    await process.start();
    await process.answers();
    return process;
  };
  // One after the other: the first one makes the tables.
  const api = await serve(setting.split ? "api" : "all", apiPort);
  const worker = setting.split ? await serve("worker", await freePort()) : api;
  const stack = starting.move();
  return {
    ...{ pds, gate, redis, bucket, api, worker, env, databaseUrl, dataDir, storageDir },
    namespace: NAMESPACE,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function bucketVariables({ bucket, endpoint, region, accessKeyId, secretAccessKey }: Bucket) {
  return {
    S3_BUCKET: bucket,
    S3_ENDPOINT: endpoint,
    S3_REGION: region,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
  };
}
