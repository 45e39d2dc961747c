import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { RedisServer } from "../redis-server.js";
import { held, type Held, type Orders } from "./orders.js";
import { judge, type Bound, type Sample, type Verdict } from "./verdict.js";

const MB = 1_048_576;

export const BOUNDS: readonly Bound[] = [
  { of: "worker rss", percent: 5, besides: 2 * MB },
  { of: "worker heap", percent: 5, besides: MB / 2 },
  { of: "producer rss", percent: 5, besides: 2 * MB },
  { of: "producer heap", percent: 5, besides: MB / 2 },
  { of: "redis memory", percent: 5, besides: MB / 4 },
  // The counts of each minute are a key, which goes after 16.
  { of: "redis keys", percent: 0, besides: 18 },
];

export interface SoakOptions {
  readonly minutes: number;
  readonly everyMs: number;
  readonly perSecond: number;
  /** Told each sample as it is taken. */
  readonly on: (sample: Sample) => void;
}

/** A worker and a producer at a steady load, each a process, on a Redis of their own; what they hold is measured all along. */
export async function soak({ minutes, everyMs, perSecond, on }: SoakOptions): Promise<readonly Verdict[]> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await RedisServer.start());
  const start = (role: Orders["role"]): ChildProcess => {
    const orders: Orders = { role, url: redis.url, perSecond };
    const child = fork(path("child.ts"), [JSON.stringify(orders)], {
      execArgv: ["--expose-gc", "--import", path("../chaos/engine.mjs")],
    });
    stack.defer(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    });
    return child;
  };
  const [worker, producer] = [start("worker"), start("producer")];
  const over = Promise.race([ended(worker), ended(producer)]);
  over.catch(() => undefined); // in the end they are ended
  const began = performance.now();
  const samples: Sample[] = [];
  for (let at = 0; at < minutes; at = (performance.now() - began) / 60_000) {
    await pause(everyMs);
    const [works, produces] = [
      await Promise.race([ask(worker), over]),
      await Promise.race([ask(producer), over]),
    ];
    const [memory, keys] = await redis.ask(async (server) => [
      await server.info("memory"),
      await server.dbsize(),
    ]);
    const sample = {
      at: (performance.now() - began) / 60_000,
      values: {
        "worker rss": works.rss,
        "worker heap": works.heapUsed,
        "producer rss": produces.rss,
        "producer heap": produces.heapUsed,
        "redis memory": Number(/used_memory:(\d+)/.exec(memory)?.[1]),
        "redis keys": keys,
        tasks: produces.made,
      },
    };
    samples.push(sample);
    on(sample);
  }
  return BOUNDS.map((bound) => judge(samples, bound));
}

async function ask(child: ChildProcess): Promise<Held> {
  const said = once(child, "message");
  child.send("measure");
  const told: unknown[] = await said;
  return held.parse(told[0]);
}

/** @throws when the process has ended */
async function ended(child: ChildProcess): Promise<never> {
  const how: unknown[] = await once(child, "exit");
  throw new Error(`a process of the soak ended by itself, with ${how.map(String).join(" ")}`);
}

function path(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
