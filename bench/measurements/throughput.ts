import { setImmediate as turn } from "node:timers/promises";
import { bareLoop } from "../contenders/bare-loop.ts";
import type { Contender, Queue } from "../contenders/contender.ts";
import { docket } from "../contenders/docket.ts";
import type { Bench, Figure, Measurement } from "../measurement.ts";
import { ownRedis } from "../redis.ts";

/** The first is measured; the others are what it is measured by. */
const CONTENDERS: readonly [Contender, ...Contender[]] = [docket, bareLoop];

const ADDERS = 50;

interface Discipline {
  readonly name: string;
  /** Tasks per second. */
  run(open: Open, tasks: number): Promise<number>;
}

type Open = (handle: (n: number) => Promise<void>) => Promise<Queue>;

const DISCIPLINES: readonly Discipline[] = [
  { name: "adds, 50 adders", run: (open, tasks) => adds(open, tasks) },
  { name: "adds in bulk", run: (open, tasks) => bulk(open, tasks) },
  { name: "drains, concurrency 10", run: (open, tasks) => drains(open, tasks, 10) },
  { name: "drains, concurrency 100", run: (open, tasks) => drains(open, tasks, 100) },
];

export const throughput: Measurement = {
  name: "throughput",
  method:
    "20,000 tasks that do nothing (2,000 with --quick), one process, AOF everysec without rewrites. 50 adders that each await their add before the next; one bulk add; a drain of what was added before, from the worker's start to the last task's end. Contenders take turns within each round, in an order that rotates, after one round that doesn't count; ratios are taken within a round.",
  async run(bench) {
    const tasks = bench.quick ? 2_000 : 20_000;
    const rounds = bench.quick ? 2 : 7;
    const rates = new Map<string, number[]>();
    await using server = await ownRedis();
    for (let round = 0; round <= rounds; round += 1) {
      for (const discipline of DISCIPLINES) {
        for (const contender of rotated(CONTENDERS, round)) {
          const queue = `bench-${String(round)}`;
          const rate = await discipline.run((handle) => contender.open(server.url, queue, handle), tasks);
          await server.flush();
          if (round > 0) push(rates, label(discipline, contender), rate);
        }
      }
      tell(bench, round, rounds);
    }
    return DISCIPLINES.flatMap((discipline) => figures(discipline, rates));
  },
};

function figures(discipline: Discipline, rates: ReadonlyMap<string, number[]>): Figure[] {
  const [measured, ...others] = CONTENDERS;
  const ratesOf = (contender: Contender): number[] => rates.get(label(discipline, contender)) ?? [];
  return [
    ...CONTENDERS.map((contender) => ({
      name: label(discipline, contender),
      unit: "tasks/s",
      samples: ratesOf(contender),
      note: contender.builtOn(),
    })),
    ...others.map((other) => ({
      name: `${discipline.name}: ${measured.name} beside ${other.name}`,
      unit: "×",
      samples: ratesOf(measured).map((rate, at) => rate / (ratesOf(other)[at] ?? Number.NaN)),
    })),
  ];
}

async function adds(open: Open, tasks: number): Promise<number> {
  const queue = await open(() => Promise.resolve());
  await queue.add(-1);
  let next = 0;
  const adder = async (): Promise<void> => {
    while (next < tasks) await queue.add(next++);
  };
  const rate = await timed(tasks, () => Promise.all(Array.from({ length: ADDERS }, adder)));
  await queue.close();
  return rate;
}

async function bulk(open: Open, tasks: number): Promise<number> {
  const queue = await open(() => Promise.resolve());
  await queue.add(-1);
  const rate = await timed(tasks, () => queue.addBulk(numbers(tasks)));
  await queue.close();
  return rate;
}

async function drains(open: Open, tasks: number, concurrency: number): Promise<number> {
  const done = Promise.withResolvers<undefined>();
  let ended = 0;
  const queue = await open(() => {
    ended += 1;
    if (ended === tasks) done.resolve(undefined);
    return Promise.resolve();
  });
  await queue.addBulk(numbers(tasks));
  let stop = (): Promise<void> => Promise.resolve();
  const rate = await timed(tasks, async () => {
    stop = await queue.work(concurrency);
    await done.promise;
  });
  // The last task's handler has returned; what it came to is told in the turns that follow.
  await turn();
  await stop();
  await queue.close();
  return rate;
}

async function timed(tasks: number, act: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await act();
  return (tasks / (performance.now() - begun)) * 1_000;
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const from = by % list.length;
  return [...list.slice(from), ...list.slice(0, from)];
}

function label(discipline: Discipline, contender: Contender): string {
  return `${discipline.name}: ${contender.name}`;
}

function push(lists: Map<string, number[]>, key: string, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function tell(bench: Bench, round: number, rounds: number): void {
  bench.progress(round === 0 ? "warmed up" : `round ${String(round)} of ${String(rounds)} done`);
}
