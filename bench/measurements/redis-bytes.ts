import { Redis } from "ioredis";
import type { Contender, Payload } from "../contenders/contender.ts";
import { contender, REDIS_PEER_NAMES } from "../contenders/roster.ts";
import type { Figure, Measurement } from "../measurement.ts";
import { ownRedis } from "../redis.ts";

const NAMES = ["docket", "bare loop", ...REDIS_PEER_NAMES] as const;
/** Of a payload's JSON. */
const PAYLOAD_BYTES = 100;

export const redisBytes: Measurement = {
  name: "redis-bytes",
  method:
    "20,000 tasks that wait (2,000 with --quick), each with a payload of 100 bytes of JSON, added in bulk to a Redis of its own: what used_memory has grown by, without clients' buffers and that of the append-only file, by task. Of docket's, besides, what MEMORY USAGE says of each of its keys.",
  async run(bench) {
    const tasks = bench.quick ? 2_000 : 20_000;
    const figures: Figure[] = [];
    for (const name of NAMES) figures.push(await measure(await contender(name), tasks));
    return figures;
  },
};

async function measure(one: Contender, tasks: number): Promise<Figure> {
  await using server = await ownRedis();
  const redis = new Redis(server.url);
  const queue = await one.open({
    ...{ url: server.url, queue: "bench", purpose: "throughput" },
    handle: () => Promise.resolve(),
  });
  try {
    // The first pays for scripts and keys.
    await queue.add(filled(tasks));
    const before = await used(redis);
    await queue.addBulk(Array.from({ length: tasks }, (_, n) => filled(n)));
    const samples = [((await used(redis)) - before) / tasks];
    const name = `bytes in Redis for a waiting task: ${one.name}`;
    if (one.name !== "docket") return { name, unit: "bytes", samples };
    const required = { bound: "at most", value: 600, judgedBy: "worst" } as const;
    return { name, unit: "bytes", samples, required, note: `aim: 400; ${await byKey(redis, tasks)}` };
  } finally {
    await queue.close();
    redis.disconnect();
  }
}

function filled(n: number): Payload {
  const text = "x".repeat(PAYLOAD_BYTES - JSON.stringify({ n, text: "" }).length);
  return { n, text };
}

async function used(redis: Redis): Promise<number> {
  const info = await redis.info("memory");
  const read = (field: string): number => {
    const value = new RegExp(`^${field}:(\\d+)`, "m").exec(info)?.[1];
    if (value === undefined) throw new Error(`INFO memory has no ${field}`);
    return Number(value);
  };
  return read("used_memory") - read("mem_clients_normal") - read("mem_aof_buffer");
}

/** "…:tasks 250, …:ready 12": bytes by task of each key that has any to speak of. */
async function byKey(redis: Redis, tasks: number): Promise<string> {
  const sizes: [string, number][] = [];
  for (const key of await redis.keys("*"))
    sizes.push([key, ((await redis.memory("USAGE", key, "SAMPLES", 0)) ?? 0) / tasks]);
  return sizes
    .filter(([, bytes]) => bytes >= 1)
    .toSorted(([, a], [, b]) => b - a)
    .map(([key, bytes]) => `${key} ${bytes.toFixed(0)}`)
    .join(", ");
}
