import { defineTask, Docket, type Task } from "@plyr/docket";
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
    "Workers with 1 and with 50 task types, for each one with nothing to come and one with a task that is due in a day; each on a Redis of its own at the same time, watched by MONITOR from 2 s of silence after the start; extrapolated to a day. Something that comes once in more than the window counts whole or not at all, so a longer window (--idle-minutes) tells more.",
  async run(bench) {
    const scenes = [1, 50].flatMap((types) => [false, true].map((due) => ({ types, due })));
    bench.progress(`watching ${String(scenes.length)} idle workers for ${String(bench.idleMs / 1_000)} s`);
    return Promise.all(scenes.map((scene) => measure(scene, bench.idleMs)));
  },
};

interface Scene {
  /** Of tasks. */
  readonly types: number;
  /** A task is due in a day. */
  readonly due: boolean;
}

async function measure({ types, due }: Scene, idleMs: number): Promise<Figure> {
  await using server = await ownRedis();
  const counter = await CommandCounter.open(server.url);
  const define = (at: number): Task<object, undefined> =>
    defineTask<undefined>()({
      name: `bench.type-${String(at)}`,
      payload: z.object({}),
      run: () => Promise.resolve(),
    });
  const first = define(0);
  const tasks = [first, ...Array.from({ length: types - 1 }, (_, at) => define(at + 1))];
  const docket = await Docket.open({ url: server.url, name: "bench", tasks, services: undefined });
  if (due) await docket.add(first, {}, { delay: "1d" });
  const worker = docket.worker({ concurrency: 10 });
  await worker.start();
  try {
    await counter.quiet(SETTLED_MS);
    const commands = await counter.during(() => pause(idleMs));
    const sent = total(commands.sent);
    const scene = `${String(types)} task ${types === 1 ? "type" : "types"}, ${due ? "work due in a day" : "nothing to come"}`;
    return {
      name: `commands a day of an idle worker with ${scene}`,
      unit: "commands/day",
      samples: [(sent * DAY_MS) / idleMs],
      required: { bound: "at most", value: 1_500, judgedBy: "worst" },
      note: `${String(sent)} in ${String(idleMs / 1_000)} s (${breakdown(commands.sent, 1) || "none"}), ${String(total(commands.inner))} calls inside scripts`,
    };
  } finally {
    counter.close();
    await worker.stop();
    await docket.close();
  }
}
