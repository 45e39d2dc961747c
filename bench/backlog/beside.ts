import { setTimeout as pause } from "node:timers/promises";
import { Apart } from "../apart/apart.ts";
import { waited, type Pair } from "../apart/pair.ts";
import { docket } from "../contenders/docket.ts";
import type { Bench, Figure } from "../measurement.ts";
import { ownRedis } from "../redis.ts";
import { rotated, Samples } from "../rounds.ts";
import { percentile } from "../statistics.ts";
import { Hoard, type Plan } from "./hoard.ts";

const APART_MS = 10;
const UNCOUNTED = 20;

/** How soon an isolated task starts where so many others wait in lanes whose heads are put off, beside a few. */
export async function beside(bench: Bench, plan: Plan): Promise<Figure[]> {
  const rounds = bench.quick ? 1 : 5;
  const perRound = bench.quick ? 20 : 100;
  await using stack = new AsyncDisposableStack();
  const pairs = [
    await prepared(stack, "many", plan),
    await prepared(stack, "few", { ...plan, lanes: 10, waiting: 100, delayed: 0 }),
  ];
  bench.progress("those that wait are there");
  const waits = new Samples();
  let n = 0;
  for (let turn = -UNCOUNTED; turn < rounds * perRound; turn += 1) {
    for (const pair of rotated(pairs, turn + UNCOUNTED)) {
      const wait = await waited(pair, n++);
      if (turn >= 0) waits.push(pair.name, wait);
      await pause(APART_MS);
    }
  }
  const medians = new Samples();
  for (const { name } of pairs)
    for (let from = 0; from < rounds * perRound; from += perRound)
      medians.push(name, percentile(waits.of(name).slice(from, from + perRound), 50));
  const p99 = (name: string): number => percentile(waits.of(name), 99);
  return [
    {
      name: "add → start beside many that wait, p50",
      unit: "ms",
      samples: medians.of("many"),
      note: `p99 ${p99("many").toFixed(2)} ms`,
    },
    {
      name: "add → start beside few that wait, p50",
      unit: "ms",
      samples: medians.of("few"),
      note: `p99 ${p99("few").toFixed(2)} ms`,
    },
    {
      name: "add → start beside many, by that beside few",
      unit: "×",
      samples: medians.ratios("many", "few"),
      required: { bound: "at most", value: 1.3, judgedBy: "median" },
    },
  ];
}

async function prepared(stack: AsyncDisposableStack, name: string, plan: Plan): Promise<Pair> {
  const { url } = stack.use(await ownRedis());
  const waiting = new Hoard(url, "bench");
  await waiting.fill(plan);
  await waiting.putOff(plan.lanes);
  const place = { url, queue: "bench", purpose: "latency" as const };
  const adding = await docket.open({ ...place, handle: () => Promise.resolve() });
  stack.defer(() => adding.close());
  const working = stack.use(
    await Apart.start({ ...place, contender: "docket", concurrency: 10, weighAfter: 0 }),
  );
  return { name, adding, working };
}
