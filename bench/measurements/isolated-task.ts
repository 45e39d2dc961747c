import { defineTask, Docket } from "@plyr/docket";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { breakdown, CommandCounter, total } from "../command-counter.ts";
import type { Figure, Measurement } from "../measurement.ts";
import { ownRedis } from "../redis.ts";

/** Silence after which everything that a task sets off has been sent. */
const SETTLED_MS = 50;
/** Longer than a lease, so that whoever else watches over it must be told anew. */
const FAR_APART_MS = 12_000;

interface Services {
  readonly ran: () => void;
}

const ping = defineTask<Services>()({
  name: "bench.ping",
  payload: z.object({ n: z.number() }),
  run: ({ n }, { services }) => Promise.resolve(n).then(services.ran),
});

export const isolatedTask: Measurement = {
  name: "isolated-task",
  method:
    "One process adds, one or two idle workers wait. The next task is added when nothing has been sent for 50 ms, or 12 s after the last (longer than a lease). Counted by MONITOR from the first add until silence after the last; executed are those that clients sent and those that scripts called.",
  async run(bench) {
    const often = bench.quick ? 20 : 200;
    const seldom = bench.quick ? 1 : 5;
    const close = [await measure(1, often, 0), await measure(2, often, 0)];
    bench.progress("tasks one after the other counted; now tasks far apart");
    const apart = await Promise.all([measure(1, seldom, FAR_APART_MS), measure(2, seldom, FAR_APART_MS)]);
    return [...close, ...apart].flat();
  },
};

async function measure(workers: number, tasks: number, apartMs: number): Promise<Figure[]> {
  await using server = await ownRedis();
  const counter = await CommandCounter.open(server.url);
  let ran = (): void => undefined;
  const services: Services = {
    ran: () => {
      ran();
    },
  };
  const open = (): Promise<Docket<Services>> =>
    Docket.open({ url: server.url, name: "bench", tasks: [ping], services });
  const dockets = await Promise.all(Array.from({ length: workers }, open));
  const running = dockets.map((docket) => docket.worker({ concurrency: 10 }));
  for (const worker of running) await worker.start();
  const adder = await open();
  const one = async (n: number): Promise<void> => {
    const handled = new Promise<void>((resolve) => {
      ran = resolve;
    });
    await adder.add(ping, { n });
    await handled;
    await counter.quiet(SETTLED_MS);
  };

  try {
    // The first task pays for connections and scripts.
    await one(-1);
    await pause(apartMs);
    const commands = await counter.during(async () => {
      for (let n = 0; n < tasks; n += 1) {
        await one(n);
        if (apartMs > 0) await pause(apartMs);
      }
    });
    const spacing = apartMs === 0 ? "one after the other" : `every ${String(apartMs / 1_000)} s`;
    const name = `an isolated task, ${workers === 1 ? "one worker" : "two workers"}, ${spacing}`;
    return [
      {
        name: `commands sent for ${name}`,
        unit: "commands",
        samples: [total(commands.sent) / tasks],
        ...(workers === 1 ? { required: { bound: "at most", value: 3, judgedBy: "worst" } } : {}),
        note: `mean of ${String(tasks)}: ${breakdown(commands.sent, tasks)}`,
      },
      {
        name: `commands executed in Redis for ${name}`,
        unit: "commands",
        samples: [(total(commands.sent) + total(commands.inner)) / tasks],
        ...(workers === 1 ? { required: { bound: "at most", value: 20, judgedBy: "worst" } } : {}),
        note: `aim: 12; inside scripts: ${breakdown(commands.inner, tasks)}`,
      },
    ];
  } finally {
    counter.close();
    for (const worker of running) await worker.stop();
    await Promise.all([...dockets, adder].map((docket) => docket.close()));
  }
}
