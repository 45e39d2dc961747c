import { defineTask, Docket } from "@plyr/docket";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { breakdown, CommandCounter, total } from "../command-counter.ts";
import type { Figure, Measurement } from "../measurement.ts";
import { ownRedis } from "../redis.ts";

const DAY_MS = 86_400_000;
/** A worker that has just started is not idle yet. */
const SETTLED_MS = 2_000;

export const idleWorker: Measurement = {
  name: "idle-worker",
  method:
    "A worker with 1 and one with 50 task types, each on a Redis of its own at the same time, watched by MONITOR from 2 s of silence after the start; extrapolated to a day. Something that comes once in more than the window counts whole or not at all, so a longer window (--idle-minutes) tells more.",
  async run(bench) {
    bench.progress(`watching two idle workers for ${String(bench.idleMs / 1_000)} s`);
    const figures = await Promise.all([measure(1, bench.idleMs), measure(50, bench.idleMs)]);
    return figures.flat();
  },
};

async function measure(types: number, idleMs: number): Promise<Figure[]> {
  await using server = await ownRedis();
  const counter = await CommandCounter.open(server.url);
  const tasks = Array.from({ length: types }, (_, at) =>
    defineTask<undefined>()({
      name: `bench.type-${String(at)}`,
      payload: z.object({}),
      run: () => Promise.resolve(),
    }),
  );
  const docket = await Docket.open({ url: server.url, name: "bench", tasks, services: undefined });
  const worker = docket.worker({ concurrency: 10 });
  await worker.start();
  try {
    await counter.quiet(SETTLED_MS);
    const commands = await counter.during(() => pause(idleMs));
    const sent = total(commands.sent);
    const name = `an idle worker with ${String(types)} task ${types === 1 ? "type" : "types"}`;
    return [
      {
        name: `commands a day of ${name}`,
        unit: "commands/day",
        samples: [(sent * DAY_MS) / idleMs],
        required: { bound: "at most", value: 1_500, judgedBy: "worst" },
        note: `${String(sent)} in ${String(idleMs / 1_000)} s (${breakdown(commands.sent, 1) || "none"}), ${String(total(commands.inner))} calls inside scripts`,
      },
    ];
  } finally {
    counter.close();
    await worker.stop();
    await docket.close();
  }
}
