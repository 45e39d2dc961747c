import { setImmediate as turn } from "node:timers/promises";
import { payloads, type Contender } from "./contenders/contender.ts";
import { Tally } from "./tally.ts";

export interface Place {
  readonly url: string;
  readonly queue: string;
}

export interface Discipline {
  readonly name: string;
  /** Of the tasks, for whom a call is a transaction: it takes minutes otherwise. */
  readonly shareOnPostgres: number;
  /** Tasks per second. */
  run(contender: Contender, place: Place, tasks: number): Promise<number>;
}

const ADDERS = 50;

export const DISCIPLINES: readonly Discipline[] = [
  { name: "adds, 50 adders", shareOnPostgres: 0.1, run: adds },
  { name: "adds in bulk", shareOnPostgres: 1, run: bulk },
  {
    name: "drains, concurrency 10",
    shareOnPostgres: 1,
    run: (contender, place, tasks) => drain(contender, place, { tasks, concurrency: 10 }),
  },
  {
    name: "drains, concurrency 100",
    shareOnPostgres: 1,
    run: (contender, place, tasks) => drain(contender, place, { tasks, concurrency: 100 }),
  },
];

async function adds(contender: Contender, place: Place, tasks: number): Promise<number> {
  const queue = await contender.open({ ...place, purpose: "throughput", handle: () => Promise.resolve() });
  // The first pays for connections and scripts.
  await queue.add({ n: 0 });
  const all = payloads(tasks);
  let next = 0;
  const adder = async (): Promise<void> => {
    for (let payload = all[next++]; payload !== undefined; payload = all[next++]) await queue.add(payload);
  };
  const rate = await timed(tasks, () => Promise.all(Array.from({ length: ADDERS }, adder)));
  await queue.close();
  return rate;
}

async function bulk(contender: Contender, place: Place, tasks: number): Promise<number> {
  const queue = await contender.open({ ...place, purpose: "throughput", handle: () => Promise.resolve() });
  await queue.add({ n: 0 });
  const all = payloads(tasks);
  const rate = await timed(tasks, () => queue.addBulk(all));
  await queue.close();
  return rate;
}

export interface Drain {
  readonly tasks: number;
  readonly concurrency: number;
  /** What each task does; default: nothing. */
  readonly act?: () => Promise<unknown>;
}

/** Of tasks that were added before. Tasks per second, from the worker's start to the last task's end. */
export async function drain(
  contender: Contender,
  place: Place,
  { tasks, concurrency, act }: Drain,
): Promise<number> {
  const tally = new Tally(contender.name, tasks);
  const handle =
    act === undefined
      ? (n: number): Promise<void> => {
          tally.note(n);
          return Promise.resolve();
        }
      : async (n: number): Promise<void> => {
          await act();
          tally.note(n);
        };
  const queue = await contender.open({ ...place, purpose: "throughput", handle });
  await queue.addBulk(payloads(tasks));
  let stop = (): Promise<void> => Promise.resolve();
  const rate = await timed(tasks, async () => {
    stop = await queue.work(concurrency);
    await tally.all;
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
