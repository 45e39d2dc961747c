import { setTimeout as pause } from "node:timers/promises";
import { contender, PEER_NAMES } from "../contenders/roster.ts";
import { drain } from "../disciplines.ts";
import type { Figure, Measurement } from "../measurement.ts";
import { Places } from "../places.ts";
import { rotated, Samples, tellRound } from "../rounds.ts";

const TASK_MS = 20;
const CONCURRENCY = 10;
const TIMERS = "20 ms timers, ten at a time, no engine";

export const shortTasks: Measurement = {
  name: "short-tasks",
  method:
    "2,000 tasks (100 with --quick) that wait 20 ms by a timer, concurrency 10, added before the worker starts; from the worker's start to the last end. In turn with the same timers without an engine, which shows what this machine's timers allow (500/s were they exact).",
  async run(bench) {
    const tasks = bench.quick ? 100 : 2_000;
    const rounds = bench.quick ? 1 : 5;
    const contenders = await Promise.all((["docket", ...PEER_NAMES] as const).map(contender));
    const rates = new Samples();
    await using places = await Places.open(contenders);
    for (let round = 1; round <= rounds; round += 1) {
      for (const one of rotated(contenders, round)) {
        const place = { url: await places.fresh(one), queue: `bench-${String(round)}` };
        const act = (): Promise<void> => pause(TASK_MS);
        rates.push(one.name, await drain(one, place, { tasks, concurrency: CONCURRENCY, act }));
        await places.clear();
      }
      rates.push(TIMERS, await timersAlone(tasks));
      tellRound(bench, round, rounds);
    }
    return figures(rates);
  },
};

function figures(rates: Samples): Figure[] {
  return [
    {
      name: "20 ms tasks at concurrency 10: docket",
      unit: "tasks/s",
      samples: rates.of("docket"),
      required: { bound: "at least", value: 480, judgedBy: "median" },
      note: "aim: 498",
    },
    ...PEER_NAMES.map((name) => ({
      name: `20 ms tasks at concurrency 10: ${name}`,
      unit: "tasks/s",
      samples: rates.of(name),
    })),
    { name: TIMERS, unit: "timers/s", samples: rates.of(TIMERS) },
    { name: "20 ms tasks: docket beside timers alone", unit: "×", samples: rates.ratios("docket", TIMERS) },
  ];
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
