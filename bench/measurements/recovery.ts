import { Docket } from "@plyr/docket";
import { setTimeout as pause } from "node:timers/promises";
import type { Bench, Figure, Measurement } from "../measurement.ts";
import { ownRedis } from "../redis.ts";
import { Condition } from "../worker/condition.ts";
import { work } from "../worker/task.ts";
import { WorkerProcess } from "../worker/worker-process.ts";

interface Scene {
  readonly name: string;
  readonly tasks: number;
  readonly hangsFirst: boolean;
  /** The second worker is there from the beginning, or starts right after the kill. */
  readonly second: "idle before" | "fresh";
}

interface Recovery {
  /** From the kill until what the killed worker held has run again, in s. */
  readonly again: number;
  /** From the kill until all tasks are done, in s. */
  readonly all: number;
  readonly held: number;
}

const TASK_MS = 50;
const CONCURRENCY = 10;
/** A kill may meet a worker between two tasks, when this process hears of them late. */
const TRIES = 5;
/** How long the workers have nothing to do before the tasks come. */
const IDLE_MS = 3_000;
/** Far beyond what is required: the measured time must not be cut off by it. */
const PATIENCE_MS = 180_000;

export const recovery: Measurement = {
  name: "recovery",
  method:
    "Workers in processes of their own, concurrency 10. 1,000 tasks (200 with --quick) of 50 ms, SIGKILL once half are done and the worker's slots are filled anew; the second worker starts after the kill, or both were idle for 3 s when the tasks came. Third scene: one task that never ends on its first delivery; the worker that runs it is killed after 3 s, and the other has never had anything to do. A task counts as held when the killed process had said that it started and not that it ended.",
  async run(bench) {
    const tasks = bench.quick ? 200 : 1_000;
    const scenes: Scene[] = [
      { name: "second worker fresh", tasks, hangsFirst: false, second: "fresh" },
      { name: "second worker idle when the tasks came", tasks, hangsFirst: false, second: "idle before" },
      { name: "second worker idle all along, one task", tasks: 1, hangsFirst: true, second: "idle before" },
    ];
    const figures: Figure[] = [];
    for (const scene of scenes) figures.push(...(await measure(scene, bench)));
    return figures;
  },
};

async function measure(scene: Scene, bench: Bench): Promise<Figure[]> {
  const rounds = bench.quick ? 1 : 3;
  const recoveries: Recovery[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    recoveries.push(await played(scene, bench));
    bench.progress(`${scene.name}: round ${String(round)} of ${String(rounds)} done`);
  }
  const held = `held when killed: ${recoveries.map((recovered) => String(recovered.held)).join(", ")}`;
  return [
    {
      name: `kill -9, ${scene.name}: the killed worker's tasks have run again after`,
      unit: "s",
      samples: recoveries.map(({ again }) => again),
      required: { bound: "at most", value: 15, judgedBy: "worst" },
      note: held,
    },
    {
      name: `kill -9, ${scene.name}: all ${String(scene.tasks)} done after`,
      unit: "s",
      samples: recoveries.map(({ all }) => all),
    },
  ];
}

async function played(scene: Scene, bench: Bench): Promise<Recovery> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const recovered = await play(scene);
    if (recovered !== undefined) return recovered;
    bench.progress(`${scene.name}: killed between two tasks, which shows nothing; again`);
  }
  throw new Error(`${scene.name}: the kill never met a running task, in ${String(TRIES)} tries`);
}

/** Undefined when the killed worker held nothing, so that nothing was there to recover. */
async function play(scene: Scene): Promise<Recovery | undefined> {
  await using server = await ownRedis();
  const changed = new Condition();
  const start = (): Promise<WorkerProcess> =>
    WorkerProcess.start(
      {
        url: server.url,
        docket: "bench",
        concurrency: CONCURRENCY,
        taskMs: TASK_MS,
        hangsFirst: scene.hangsFirst,
      },
      () => {
        changed.notify();
      },
    );

  await using first = await start();
  await using idle = scene.second === "idle before" ? await start() : undefined;
  await pause(IDLE_MS);
  await addAll(server.url, scene.tasks);
  const both = idle === undefined ? [first] : [first, idle];
  if (scene.hangsFirst) {
    await changed.until("the task starts", PATIENCE_MS, () => both.some(({ started }) => started.size > 0));
    await pause(IDLE_MS);
  } else {
    await changed.until("half of the tasks are done", PATIENCE_MS, () => done(both).size >= scene.tasks / 2);
    // Right after its slots were filled anew: tasks that start together end together, and none may have ended.
    await changed.until(
      "the first worker has a free slot",
      PATIENCE_MS,
      () => first.held().length < CONCURRENCY,
    );
    await changed.until("the first worker is full", PATIENCE_MS, () => first.held().length === CONCURRENCY);
  }

  const victim = idle !== undefined && idle.started.size > 0 && scene.hangsFirst ? idle : first;
  const killedAt = performance.now();
  await victim.kill();
  await using fresh = idle === undefined ? await start() : undefined;
  const survivors = [first, idle, fresh].filter((worker) => worker !== undefined && worker !== victim);
  const held = victim.held();
  const all = [victim, ...survivors.filter((worker) => worker !== undefined)];
  await changed.until("all tasks are done", PATIENCE_MS, () => done(all).size === scene.tasks);
  if (held.length === 0) return undefined;
  const after = (ns: readonly number[]): number => (lastEnd(all, ns) - killedAt) / 1_000;
  return { again: after(held), all: after([...done(all)]), held: held.length };
}

async function addAll(url: string, tasks: number): Promise<void> {
  const services = { run: () => Promise.resolve() };
  const docket = await Docket.open({ url, name: "bench", tasks: [work], services });
  await docket.addMany(
    work,
    Array.from({ length: tasks }, (_, n) => ({ n })),
  );
  await docket.close();
}

function done(workers: readonly WorkerProcess[]): Set<number> {
  return new Set(workers.flatMap(({ ended }) => [...ended.keys()]));
}

function lastEnd(workers: readonly WorkerProcess[], ns: readonly number[]): number {
  return Math.max(...ns.flatMap((n) => workers.flatMap(({ ended }) => ended.get(n) ?? [])));
}
