import { setTimeout as pause } from "node:timers/promises";
import { docket } from "../contenders/docket.ts";
import type { Figure, Measurement } from "../measurement.ts";
import { ownRedis } from "../redis.ts";

const TASK_MS = 20;
const CONCURRENCY = 10;

export const shortTasks: Measurement = {
  name: "short-tasks",
  method:
    "Tasks that wait 20 ms by a timer, concurrency 10, added before the worker starts; from the first start to the last end. In turn with the same timers without an engine, which shows what this machine's timers allow (500/s were they exact).",
  async run(bench) {
    const tasks = bench.quick ? 200 : 2_000;
    const rounds = bench.quick ? 1 : 3;
    const engine: number[] = [];
    const timers: number[] = [];
    await using server = await ownRedis();
    for (let round = 0; round < rounds; round += 1) {
      engine.push(await throughDocket(server.url, `bench-${String(round)}`, tasks));
      timers.push(await timersAlone(tasks));
      bench.progress(`round ${String(round + 1)} of ${String(rounds)} done`);
    }
    return figures(engine, timers);
  },
};

function figures(engine: number[], timers: number[]): Figure[] {
  return [
    {
      name: "20 ms tasks at concurrency 10",
      unit: "tasks/s",
      samples: engine,
      required: { bound: "at least", value: 480, judgedBy: "median" },
    },
    { name: "20 ms timers, ten at a time, no engine", unit: "timers/s", samples: timers },
    {
      name: "20 ms tasks beside timers alone",
      unit: "×",
      samples: engine.map((rate, at) => rate / (timers[at] ?? Number.NaN)),
    },
  ];
}

async function throughDocket(url: string, queue: string, tasks: number): Promise<number> {
  const done = Promise.withResolvers<undefined>();
  let begun: number | undefined;
  let ended = 0;
  const opened = await docket.open(url, queue, async () => {
    begun ??= performance.now();
    await pause(TASK_MS);
    ended += 1;
    if (ended === tasks) done.resolve(undefined);
  });
  await opened.addBulk(Array.from({ length: tasks }, (_, n) => n));
  const stop = await opened.work(CONCURRENCY);
  await done.promise;
  const seconds = (performance.now() - (begun ?? Number.NaN)) / 1_000;
  await stop();
  await opened.close();
  return tasks / seconds;
}

async function timersAlone(tasks: number): Promise<number> {
  let left = tasks;
  const begun = performance.now();
  const slot = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await pause(TASK_MS);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, slot));
  return (tasks / (performance.now() - begun)) * 1_000;
}
