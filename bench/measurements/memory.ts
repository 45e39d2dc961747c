import { Apart } from "../apart/apart.ts";
import { payloads } from "../contenders/contender.ts";
import { contender, PEER_NAMES } from "../contenders/roster.ts";
import type { Figure, Measurement } from "../measurement.ts";
import { Places } from "../places.ts";
import { rotated, Samples, tellRound } from "../rounds.ts";

const NAMES = ["docket", ...PEER_NAMES] as const;
const MIB = 1_048_576;

export const memory: Measurement = {
  name: "memory",
  method:
    "A worker in a process of its own that has run 20,000 tasks (1,000 with --quick) which do nothing, concurrency 10, added by this process meanwhile: its resident set, and its heap, both after a collection. Each process has the same few modules of the bench beside its engine.",
  async run(bench) {
    const tasks = bench.quick ? 1_000 : 20_000;
    const rounds = bench.quick ? 1 : 3;
    const contenders = await Promise.all(NAMES.map(contender));
    const weights = new Samples();
    await using places = await Places.open(contenders);
    for (let round = 1; round <= rounds; round += 1) {
      for (const one of rotated(contenders, round)) {
        const place = { url: await places.fresh(one), queue: `bench-${String(round)}` };
        const opening = { ...place, purpose: "throughput" as const };
        const name = NAMES[contenders.indexOf(one)];
        if (name === undefined) continue;
        const adding = await one.open({ ...opening, handle: () => Promise.resolve() });
        {
          await using working = await Apart.start({
            ...opening,
            contender: name,
            concurrency: 10,
            weighAfter: tasks,
          });
          await adding.addBulk(payloads(tasks));
          const { rss, heapUsed } = await working.weight();
          weights.push(resident(name), rss / MIB);
          weights.push(heap(name), heapUsed / MIB);
        }
        await adding.close();
        await places.clear();
      }
      tellRound(bench, round, rounds);
    }
    return [...figures(weights, resident), ...figures(weights, heap)];
  },
};

function figures(weights: Samples, label: (name: string) => string): Figure[] {
  return [
    ...NAMES.map((name) => ({ name: label(name), unit: "MiB", samples: weights.of(label(name)) })),
    {
      name: `${label("docket")} beside BullMQ`,
      unit: "×",
      samples: weights.ratios(label("docket"), label("BullMQ")),
      required: { bound: "at most", value: 1, judgedBy: "median" },
    },
  ];
}

function resident(name: string): string {
  return `resident set of a worker: ${name}`;
}

function heap(name: string): string {
  return `heap of a worker: ${name}`;
}
