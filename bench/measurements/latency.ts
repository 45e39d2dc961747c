import { setTimeout as pause } from "node:timers/promises";
import { Apart } from "../apart/apart.ts";
import { waited, type Pair } from "../apart/pair.ts";
import { contender, PEER_NAMES } from "../contenders/roster.ts";
import type { Figure, Measurement } from "../measurement.ts";
import { Places } from "../places.ts";
import { rotated, Samples } from "../rounds.ts";
import { percentile } from "../statistics.ts";

const NAMES = ["docket", ...PEER_NAMES] as const;
/** Between two adds: what the last one set off is over, and whoever waits sleeps again. */
const APART_MS = 10;
/** Whoever needs a connection or a script has it by then. */
const UNCOUNTED = 5;

export const latency: Measurement = {
  name: "latency",
  method:
    "Each contender with an idle worker in a process of its own, concurrency 10, all at the same time. This process adds one task to one of them, waits until it has started there, then 10 ms, and takes the next contender's turn; the order rotates. From right before the add to the handler's first line, by the machine's monotonic clock, over 400 adds each (20 with --quick) after five that don't count. A round is a hundred of them; ratios are taken within a round, those of p99 over all.",
  async run(bench) {
    const rounds = bench.quick ? 1 : 4;
    const perRound = bench.quick ? 20 : 100;
    await using stack = new AsyncDisposableStack();
    const contenders = await Promise.all(NAMES.map(contender));
    const places = stack.use(await Places.open(contenders));
    const pairs: Pair[] = [];
    for (const [at, name] of NAMES.entries()) {
      const one = contenders[at];
      if (one === undefined) continue;
      const place = { url: await places.fresh(one), queue: "bench", purpose: "latency" as const };
      const adding = await one.open({ ...place, handle: () => Promise.resolve() });
      stack.defer(() => adding.close());
      const working = stack.use(
        await Apart.start({ ...place, contender: name, concurrency: 10, weighAfter: 0 }),
      );
      pairs.push({ name, adding, working });
    }
    const waits = new Samples();
    let n = 0;
    for (let turn = -UNCOUNTED; turn < rounds * perRound; turn += 1) {
      for (const pair of rotated(pairs, turn + UNCOUNTED)) {
        const wait = await waited(pair, n++);
        if (turn >= 0) waits.push(pair.name, wait);
        await pause(APART_MS);
      }
      if ((turn + 1) % perRound === 0 && turn > 0)
        bench.progress(`round ${String((turn + 1) / perRound)} of ${String(rounds)} done`);
    }
    return figures(waits, perRound);
  },
};

function figures(waits: Samples, perRound: number): Figure[] {
  const medians = new Samples();
  for (const name of NAMES) {
    const all = waits.of(name);
    for (let from = 0; from < all.length; from += perRound)
      medians.push(name, percentile(all.slice(from, from + perRound), 50));
  }
  const p99 = (name: string): number => percentile(waits.of(name), 99);
  const below = { bound: "at most", value: 1, judgedBy: "median" } as const;
  return [
    ...NAMES.map((name) => ({ name: `add → start, p50: ${name}`, unit: "ms", samples: medians.of(name) })),
    ...NAMES.map((name) => ({ name: `add → start, p99: ${name}`, unit: "ms", samples: [p99(name)] })),
    ...PEER_NAMES.map((name) => ({
      name: `add → start, p50: docket beside ${name}`,
      unit: "×",
      samples: medians.ratios("docket", name),
      required: below,
      note: "aim: docket's at 1 ms",
    })),
    ...PEER_NAMES.map((name) => ({
      name: `add → start, p99: docket beside ${name}`,
      unit: "×",
      samples: [p99("docket") / p99(name)],
      required: below,
      note: "aim: docket's at 5 ms",
    })),
  ];
}
