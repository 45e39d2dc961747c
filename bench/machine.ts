import { execFileSync } from "node:child_process";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { findPostgres } from "@plyr/dev";
import { Redis } from "ioredis";
import { ownRedis } from "./redis.ts";
import { packageVersion } from "./versions.ts";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Over the last minute, before the first measurement: above zero, others were at work too. */
  readonly loadBefore: number;
}

export async function describeMachine(): Promise<Machine> {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Number((totalmem() / 2 ** 30).toFixed(1)),
    system: `${type()} ${release()}`,
    versions: {
      node: process.versions.node,
      redis: await redisVersion(),
      postgres: postgresVersion(),
      docket: packageVersion("@plyr/docket"),
      ...Object.fromEntries(BESIDE.map((name) => [name, packageVersion(name)])),
    },
    loadBefore: load(),
  };
}

const BESIDE = ["ioredis", "bullmq", "bee-queue", "pg-boss", "graphile-worker", "pg"];

/** Processes that wanted a core, on average over the last minute. */
export function load(): number {
  return Number((loadavg()[0] ?? 0).toFixed(2));
}

async function redisVersion(): Promise<string> {
  await using server = await ownRedis();
  const redis = new Redis(server.url);
  try {
    return /^redis_version:(\S+)/m.exec(await redis.info("server"))?.[1] ?? "unknown";
  } finally {
    redis.disconnect();
  }
}

function postgresVersion(): string {
  const programs = findPostgres();
  if (programs === undefined) return "none";
  const said = execFileSync(join(programs, "postgres"), ["--version"], { encoding: "utf8" });
  return /[\d.]+/.exec(said)?.[0] ?? "unknown";
}
