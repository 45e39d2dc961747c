import { PgBoss } from "pg-boss";
import { packageVersion } from "../versions.ts";
import type { Contender, Payload } from "./contender.ts";

/** Jobs per fetch for throughput: more (1,000) or more workers (2 × 250) were no faster here. */
const BATCH = 500;
/** Connections at most: its default, and the fastest here of 4, 10, 20 and 50. */
const CONNECTIONS = 10;

/**
 * For throughput large batches, of which the handler runs as many at once as is asked for, without a pause while they come back full; for latency `LISTEN`, which costs each insert a
 * `NOTIFY` and is off by default, and a worker for each slot.
 */
export const pgBoss: Contender = {
  name: "pg-boss",
  store: "postgres",
  builtOn: () => `pg-boss ${packageVersion("pg-boss")}, pg ${packageVersion("pg")}`,
  async open({ url, queue, purpose, handle }) {
    const prompt = purpose === "latency";
    const boss = new PgBoss({
      connectionString: url,
      max: CONNECTIONS,
      schedule: false,
      useListenNotify: prompt,
    });
    boss.on("error", (error) => {
      throw error;
    });
    await boss.start();
    await boss.createQueue(queue, { partition: true, notify: prompt });
    return {
      add: async (payload) => {
        await boss.send(queue, payload);
      },
      addBulk: async (payloads) => {
        await boss.insert(
          queue,
          payloads.map((data) => ({ data })),
        );
      },
      work: async (concurrency) => {
        const options = prompt
          ? { batchSize: 1, localConcurrency: concurrency }
          : { batchSize: BATCH, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 };
        await boss.work<Payload>(queue, options, (jobs) => atMost(concurrency, jobs, handle));
        return () => boss.offWork(queue, { wait: true });
      },
      close: () => boss.stop({ graceful: true, close: true }),
    };
  },
};

async function atMost(
  concurrency: number,
  jobs: readonly { readonly data: Payload }[],
  handle: (n: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const slot = async (): Promise<void> => {
    for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) await handle(job.data.n);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, jobs.length) }, slot));
}
