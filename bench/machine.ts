import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { z } from "zod";
import { ownRedis } from "./redis.ts";

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
      ioredis: packageVersion("ioredis"),
      docket: packageVersion("@plyr/docket"),
    },
    loadBefore: load(),
  };
}

/** Processes that wanted a core, on average over the last minute. */
export function load(): number {
  return Number((loadavg()[0] ?? 0).toFixed(2));
}

/** @throws when the package isn't installed */
export function packageVersion(name: string): string {
  // A package's exports need not offer its package.json, so its folder is found through its entry.
  const entry = fileURLToPath(import.meta.resolve(name));
  const folders = entry.split("/");
  while (folders.pop() !== undefined && folders.length > 0) {
    const found = manifest(`${folders.join("/")}/package.json`);
    if (found?.version !== undefined) return found.version;
  }
  throw new Error(`no package.json above ${entry}: is ${name} installed?`);
}

function manifest(path: string): z.output<typeof Manifest> | undefined {
  try {
    return Manifest.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

const Manifest = z.object({ version: z.string().optional() });

async function redisVersion(): Promise<string> {
  await using server = await ownRedis();
  const redis = new Redis(server.url);
  try {
    return /^redis_version:(\S+)/m.exec(await redis.info("server"))?.[1] ?? "unknown";
  } finally {
    redis.disconnect();
  }
}
