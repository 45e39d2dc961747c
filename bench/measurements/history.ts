import { Redis } from "ioredis";
import { docket, docketWith } from "../contenders/docket.ts";
import { drain } from "../disciplines.ts";
import type { Figure, Measurement } from "../measurement.ts";
import { ownRedis } from "../redis.ts";
import { rotated, Samples, tellRound } from "../rounds.ts";

const WAYS = [
  { ...docket, name: "without a history" },
  docketWith("with one of 1,000", { history: { most: 1_000 } }),
  docketWith("with one of 100,000", { history: { most: 100_000 } }),
];
const CONCURRENCIES = [10, 100] as const;

/** What it costs to know of each task how it ended. */
export const history: Measurement = {
  name: "history",
  method:
    "20,000 tasks that do nothing (1,000 with --quick), one process: a drain of what was added before, without a history, with one that is full after the first 1,000, and with one that holds them all. They take turns within each round, in an order that rotates, after one round that doesn't count; ratios are taken within a round. Commands are those that Redis counts, scripts' among them; the time of Redis is that of scripts, adds among them. Bytes are what MEMORY USAGE says of the history's two keys at the end of a drain, by entry.",
  async run(bench) {
    const tasks = bench.quick ? 1_000 : 20_000;
    const rounds = bench.quick ? 1 : 7;
    const samples = new Samples();
    await using server = await ownRedis();
    const redis = new Redis(server.url);
    try {
      for (let round = 0; round <= rounds; round += 1) {
        for (const concurrency of CONCURRENCIES) {
          for (const way of rotated(WAYS, round)) {
            await redis.config("RESETSTAT");
            const place = { url: server.url, queue: `bench-${String(round)}` };
            const rate = await drain(way, place, { tasks, concurrency });
            if (round > 0) {
              samples.push(`drains, concurrency ${String(concurrency)}: ${way.name}`, rate);
              const { commands, us } = await asked(redis);
              samples.push(`commands, ${String(concurrency)}: ${way.name}`, commands / tasks);
              samples.push(`Redis, ${String(concurrency)}: ${way.name}`, us / tasks);
              if (way.name !== "without a history")
                samples.push(`bytes: ${way.name}`, await bytesOfEntry(redis, place.queue));
            }
            await server.flush();
          }
        }
        tellRound(bench, round, rounds);
      }
    } finally {
      redis.disconnect();
    }
    return figures(samples);
  },
};

/** How many commands it has had, and how long its scripts took. */
async function asked(redis: Redis): Promise<{ commands: number; us: number }> {
  const stats = await redis.info("commandstats");
  const commands = [...stats.matchAll(/:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
  return { commands, us: Number(/^cmdstat_evalsha:.*?usec=(\d+)/m.exec(stats)?.[1] ?? Number.NaN) };
}

async function bytesOfEntry(redis: Redis, queue: string): Promise<number> {
  const key = (name: string): string => `docket:{${queue}}:${name}`;
  const entries = await redis.hlen(key("history"));
  let bytes = 0;
  for (const name of ["history", "history-times"])
    bytes += (await redis.memory("USAGE", key(name), "SAMPLES", 0)) ?? 0;
  return bytes / entries;
}

function figures(samples: Samples): Figure[] {
  const [without, ...others] = WAYS.map(({ name }) => name);
  const of = (name: string, unit: string): Figure => ({ name, unit, samples: samples.of(name) });
  return [
    ...CONCURRENCIES.flatMap((each) => {
      const drains = (way = ""): string => `drains, concurrency ${String(each)}: ${way}`;
      return [
        ...WAYS.map(({ name }) => of(drains(name), "tasks/s")),
        ...others.map((other) => ({
          name: `${drains(other)}, beside none`,
          unit: "×",
          samples: samples.ratios(drains(other), drains(without)),
        })),
        ...WAYS.map(({ name }) => of(`commands, ${String(each)}: ${name}`, "by task")),
        ...WAYS.map(({ name }) => of(`Redis, ${String(each)}: ${name}`, "µs by task")),
      ];
    }),
    ...others.map((other) => of(`bytes: ${other}`, "by entry")),
  ];
}
