import { setImmediate as turn } from "node:timers/promises";
import { migrateToLatest, openDatabase, openLog, openMonitoring, parseSettings } from "@plyr/backend";
import { startPostgres } from "@plyr/dev";
import { defineTask, Docket, type Trace } from "@plyr/docket";
import { z } from "zod";
import type { Bench, Measurement } from "../measurement.ts";
import { ownRedis } from "../redis.ts";

interface Services {
  readonly handle: () => void;
}

const count = defineTask<Services>()({
  name: "bench.count",
  payload: z.object({ n: z.number() }),
  run: (_payload, { services }) => {
    services.handle();
    return Promise.resolve();
  },
});

/** What watching costs, at its defaults: the service's own tracing and its table on Postgres, against none. */
export const tracing: Measurement = {
  name: "tracing",
  method:
    "20,000 tasks that do nothing (2,000 with --quick), one process, concurrency 10: a drain of what was added before, without tracing and with the service's own at its defaults, commands to Redis included, which writes its table on Postgres meanwhile. They take turns within each round, the first one changing, after one round that doesn't count; the ratio is taken within a round. Memory is the heap after a collection (node --expose-gc), at the end less after the first round.",
  async run(bench) {
    const tasks = bench.quick ? 2_000 : 20_000;
    const rounds = bench.quick ? 2 : 9;
    await using stack = new AsyncDisposableStack();
    const server = stack.use(await ownRedis());
    const databaseUrl = await stack.use(await startPostgres()).createDatabase();
    const log = openLog("silent");
    const monitoring = openMonitoring(
      parseSettings({ PLYR_ENV: "development", DATABASE_URL: databaseUrl }),
      log,
    );
    stack.defer(() => monitoring.close());
    const db = await openDatabase({ databaseUrl, dataDir: "/nowhere" });
    stack.defer(() => db.destroy());
    await migrateToLatest(db);
    const rates = { without: [] as number[], with: [] as number[] };
    let heap = 0;
    for (let round = 0; round <= rounds; round += 1) {
      const order = round % 2 === 0 ? (["without", "with"] as const) : (["with", "without"] as const);
      for (const way of order) {
        const trace = way === "with" ? monitoring.trace.engine : undefined;
        // What it listens to is told of all that the process does: without it, it mustn't.
        if (way === "with") monitoring.start(db);
        const rate = await drain(server.url, `bench-${way}-${String(round)}`, tasks, trace);
        if (way === "with") await monitoring.stop();
        await server.flush();
        if (round > 0) rates[way].push(rate);
      }
      if (round === 1) heap = heapNow();
      tell(bench, round, rounds);
    }
    const growth = (heapNow() - heap) / 1_048_576;
    const written = await db
      .selectFrom("records")
      .select((of) => of.fn.countAll<string>().as("rows"))
      .executeTakeFirstOrThrow();
    return [
      { name: "drains without tracing", unit: "tasks/s", samples: rates.without },
      { name: "drains with tracing", unit: "tasks/s", samples: rates.with },
      {
        name: "with beside without",
        unit: "×",
        samples: rates.with.map((rate, at) => rate / (rates.without[at] ?? Number.NaN)),
      },
      { name: "growth of the heap", unit: "MiB", samples: [growth] },
      { name: "rows written meanwhile", unit: "rows", samples: [Number(written.rows)] },
    ];
  },
};

async function drain(url: string, name: string, tasks: number, trace: Trace | undefined): Promise<number> {
  const done = Promise.withResolvers<undefined>();
  let ended = 0;
  const handle = (): void => {
    ended += 1;
    if (ended === tasks) done.resolve(undefined);
  };
  const docket = await Docket.open<Services>({ url, name, tasks: [count], services: { handle }, trace });
  await docket.addMany(
    count,
    Array.from({ length: tasks }, (_, n) => ({ n })),
  );
  const worker = docket.worker({ concurrency: 10 });
  const began = performance.now();
  await worker.start();
  await done.promise;
  const rate = (tasks / (performance.now() - began)) * 1_000;
  await turn();
  await worker.stop();
  await docket.close();
  return rate;
}

function heapNow(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function tell(bench: Bench, round: number, rounds: number): void {
  bench.progress(round === 0 ? "warmed up" : `round ${String(round)} of ${String(rounds)} done`);
}
