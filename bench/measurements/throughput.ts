import type { Contender } from "../contenders/contender.ts";
import { CONTENDER_NAMES, contender, PEER_NAMES, REDIS_PEER_NAMES } from "../contenders/roster.ts";
import { DISCIPLINES, type Discipline } from "../disciplines.ts";
import type { Figure, Measurement } from "../measurement.ts";
import { Places } from "../places.ts";
import { rotated, Samples, tellRound } from "../rounds.ts";

/** What docket's rate must be beside another's, and what we would like it to be. */
interface Mark {
  readonly must: number;
  readonly aim?: number;
}

const MARKS: Readonly<Record<string, Readonly<Record<string, Mark>>>> = {
  "adds, 50 adders": {
    ...above(PEER_NAMES),
    "bare loop": { must: 0.85 },
    BullMQ: { must: 1, aim: 3 },
  },
  "adds in bulk": {
    ...above(REDIS_PEER_NAMES),
    "bare loop": { must: 0.8 },
    BullMQ: { must: 1, aim: 6 },
  },
  "drains, concurrency 100": { "bare loop": { must: 0.8 }, BullMQ: { must: 3, aim: 5 } },
  "drains, concurrency 10": { BullMQ: { must: 2, aim: 4 } },
};

export const throughput: Measurement = {
  name: "throughput",
  method:
    "20,000 tasks that do nothing (1,000 with --quick), one process, Redis with AOF everysec without rewrites, PostgreSQL without flushes to the disk. 50 adders that each await their add before the next (a tenth of the tasks for those on PostgreSQL, which would take minutes); one bulk add; a drain of what was added before, from the worker's start to the last task's end, each task seen exactly once. Contenders take turns within each round, in an order that rotates, after one round that doesn't count; ratios are taken within a round. Settings: docs/decisions/0028-peers.md.",
  async run(bench) {
    const rounds = bench.quick ? 1 : 7;
    const contenders = await Promise.all(CONTENDER_NAMES.map(contender));
    const rates = new Samples();
    await using places = await Places.open(contenders);
    for (let round = 0; round <= rounds; round += 1) {
      for (const discipline of DISCIPLINES) {
        for (const one of rotated(contenders, round)) {
          const place = { url: await places.fresh(one), queue: `bench-${String(round)}` };
          const rate = await discipline.run(one, place, tasksFor(one, discipline, bench.quick));
          await places.clear();
          if (round > 0) rates.push(label(discipline.name, one.name), rate);
        }
      }
      tellRound(bench, round, rounds);
    }
    return DISCIPLINES.flatMap(({ name }) => figures(name, contenders, rates));
  },
};

function tasksFor({ store }: Contender, { shareOnPostgres }: Discipline, quick: boolean): number {
  const tasks = quick ? 1_000 : 20_000;
  return store === "postgres" ? tasks * shareOnPostgres : tasks;
}

function figures(discipline: string, contenders: readonly Contender[], rates: Samples): Figure[] {
  return [
    ...contenders.map((one) => ({
      name: label(discipline, one.name),
      unit: "tasks/s",
      samples: rates.of(label(discipline, one.name)),
      note: one.builtOn(),
    })),
    ...contenders.filter(({ name }) => name !== "docket").map(({ name }) => ratio(discipline, name, rates)),
  ];
}

function ratio(discipline: string, other: string, rates: Samples): Figure {
  const mark = MARKS[discipline]?.[other];
  return {
    name: `${discipline}: docket beside ${other}`,
    unit: "×",
    samples: rates.ratios(label(discipline, "docket"), label(discipline, other)),
    ...(mark === undefined ? {} : { required: { bound: "at least", value: mark.must, judgedBy: "median" } }),
    ...(mark?.aim === undefined ? {} : { note: `aim: ${String(mark.aim)}` }),
  };
}

function above(names: readonly string[]): Record<string, Mark> {
  return Object.fromEntries(names.map((name) => [name, { must: 1 }]));
}

function label(discipline: string, name: string): string {
  return `${discipline}: ${name}`;
}
