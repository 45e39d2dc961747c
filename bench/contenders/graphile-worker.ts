import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { z } from "zod";
import { packageVersion } from "../versions.ts";
import type { Contender } from "./contender.ts";

/** As its page on performance has it. */
const LOCAL_QUEUE = 500;
/** Connections at most: its default where it adds (of 10, 25 and 50 the fastest here); of its page where it works. */
const ADDING = 10;
const WORKING = 25;

const Counted = z.object({ n: z.number() });

/** For throughput batched as its page on performance shows; for latency unbatched, and woken by `LISTEN` as always. */
export const graphileWorker: Contender = {
  name: "graphile-worker",
  store: "postgres",
  builtOn: () => `graphile-worker ${packageVersion("graphile-worker")}, pg ${packageVersion("pg")}`,
  async open({ url, queue, purpose, handle }) {
    const preset = {
      worker: {
        connectionString: url,
        maxPoolSize: ADDING,
        logger: new Logger(() => () => undefined),
        ...(purpose === "throughput"
          ? { localQueue: { size: LOCAL_QUEUE }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }
          : {}),
      },
    };
    const utils = await makeWorkerUtils({ preset });
    await utils.migrate();
    return {
      add: async (payload) => {
        await utils.addJob(queue, payload);
      },
      addBulk: async (payloads) => {
        await utils.addJobs(payloads.map((payload) => ({ identifier: queue, payload })));
      },
      work: async (concurrency) => {
        const runner = await run({
          preset: {
            worker: { ...preset.worker, maxPoolSize: WORKING, concurrentJobs: concurrency },
          },
          taskList: { [queue]: (payload) => handle(Counted.parse(payload).n) },
          parsedCronItems: [],
          noHandleSignals: true,
        });
        return () => runner.stop();
      },
      close: async () => {
        await utils.release();
      },
    };
  },
};
