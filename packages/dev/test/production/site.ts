import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Actor } from "../../src/chaos/actor.js";
import { startBucket, type Bucket } from "../../src/bucket/bucket.js";
import { startGate, type Gate } from "../../src/gate/gate.js";
import { startHttpsFront, type HttpsFront } from "../../src/https/front.js";
import { freePort } from "../../src/network/ports.js";
import { startPds, type Pds } from "../../src/pds/pds.js";
import { startPostgres, type Postgres } from "../../src/postgres/postgres.js";
import { startRedis, type Redis } from "../../src/redis/redis.js";
import { startContainer, type Container } from "./container.js";
import { buildTree, type Tree } from "./tree.js";

const SERVICE = "plyr.home.arpa";
const PDS = "pds.home.arpa";
export const PUBLIC_URL = `https://${SERVICE}`;
export const NAMESPACE = "fm.plyr";

/** The service as it is in production, from the image's tree, and all that it stands on. */
export interface Site extends AsyncDisposable {
  readonly tree: Tree;
  readonly front: HttpsFront;
  readonly pds: Pds;
  readonly redis: Redis;
  readonly bucket: Bucket;
  readonly postgres: Postgres;
  readonly databaseUrl: string;
  readonly env: Readonly<Record<string, string>>;
  /** What balances requests: browsers come to it by `PUBLIC_URL`. */
  readonly balancer: Gate;
  /** Starts one more process. An api gets all requests from then on. */
  serve(role: "api" | "worker"): Promise<Container>;
  /** Everything that processes of the service have logged. */
  log(): string;
  /** Somebody with an account, who has signed in. */
  enter(name: string): Promise<Actor>;
}

/** @param keys what `oauth-key` and the like print, in the environment of both processes */
export async function openSite(keys: Readonly<Record<string, string>>): Promise<Site> {
  await using opening = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "plyr-site-"));
  opening.defer(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const tree = await buildTree(folder);
  const front = opening.use(await startHttpsFront([SERVICE, PDS, "localhost"]));
  const pds = opening.use(await startPds({ behind: { name: PDS, front } }));
  const postgres = opening.use(await startPostgres());
  const databaseUrl = await postgres.createDatabase();
  const bucket = opening.use(await startBucket());
  const { redis, url: docketUrl } = await startGuardedRedis(front);
  opening.use(redis);
  const balancer = opening.use(await startGate());
  front.lead(SERVICE, balancer.port);

  // Scans and the like keep scratch files here; the user as whom the service runs makes the folder.
  const scratch = mkdtempSync(join(tmpdir(), "plyr-scratch-"));
  chmodSync(scratch, 0o777);
  opening.defer(() => {
    rmSync(scratch, { recursive: true, force: true });
  });
  const env = {
    ...front.env,
    ...keys,
    PUBLIC_URL,
    DATABASE_URL: databaseUrl,
    DOCKET_URL: docketUrl,
    DATA_DIR: scratch,
    S3_BUCKET: bucket.bucket,
    S3_ENDPOINT: bucket.endpoint,
    S3_REGION: bucket.region,
    S3_ACCESS_KEY_ID: bucket.accessKeyId,
    S3_SECRET_ACCESS_KEY: bucket.secretAccessKey,
    PLC_URL: pds.plcUrl,
    HANDLE_RESOLVER_URL: pds.url,
  };
  let log = "";
  const stack = opening.move();
  return {
    ...{ tree, front, pds, redis, bucket, postgres, databaseUrl, env, balancer },
    async serve(role) {
      const onOutput = (text: string): void => {
        log += text;
      };
      const container = await startContainer({ tree, role, env, onOutput });
      stack.defer(() => container.program.close());
      if (role === "api") balancer.pointAt(container.url);
      return container;
    },
    log: () => log,
    async enter(name) {
      const account = await pds.createAccount({ handle: `${name}.test`, password: `${name}-password` });
      const actor = new Actor(account, balancer.url, { url: PUBLIC_URL, door: front.door });
      await actor.signIn();
      return actor;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** A Redis that is reached by TLS, under a name and a password that may do less than all. */
async function startGuardedRedis({ files }: HttpsFront): Promise<{ redis: Redis; url: string }> {
  const port = await freePort();
  const password = randomBytes(24).toString("base64url");
  const redis = await startRedis({
    args: [
      ...["--tls-port", String(port), "--tls-auth-clients", "no", "--tls-ca-cert-file", files.authority],
      ...["--tls-cert-file", files.certificate, "--tls-key-file", files.key],
      ...["--user", "plyr", "on", `>${password}`, ...permissions()],
    ],
  });
  return { redis, url: `rediss://plyr:${password}@localhost:${String(port)}` };
}

/** Those that the guide has an operator give. */
function permissions(): string[] {
  const guide = readFileSync(join(import.meta.dirname, "../../../../docs/redis.md"), "utf8");
  const [, rules] = /^ACL SETUSER plyr on >PASSWORD (.+)$/m.exec(guide) ?? [];
  if (rules === undefined) throw new Error("docs/redis.md has no line for the user of docket");
  return rules.split(" ");
}
