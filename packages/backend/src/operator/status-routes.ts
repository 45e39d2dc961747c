import { StoreUnavailable } from "@plyr/docket";
import { Hono } from "hono";
import type { HttpEnv } from "../http/env.js";
import type { Background } from "../tasks/background.js";
import type { OperatorServices } from "./services.js";
import { readStatus, type Status } from "./status.js";

/** How much there is to do, how it is being done, and what is wrong. */
export function statusRoutes({ db, background }: OperatorServices): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  routes.get("/status", async (c) => {
    const [{ oldest, ...kept }, health, queues, concerns] = await Promise.all([
      readStatus(db),
      background.health(),
      readQueues(background),
      background.lookAround(),
    ]);
    const { mode, evictionPolicy = null, version = null } = health;
    const found = await background.find(oldest.map(({ id }) => id));
    const handedOver = [...found.values()].filter(({ state }) => state === "living").length;
    const { estimated, ...told } = queues;
    const answer: Status = {
      ...kept,
      outbox: {
        oldestAt: oldest[0]?.at ?? null,
        handedOver,
        notHandedOver: oldest.length - handedOver,
      },
      docket: { mode, evictionPolicy, version, estimated },
      ...told,
      concerns: [...concerns],
    };
    return c.json(answer);
  });
  return routes;
}

async function readQueues({
  queues,
}: Background): Promise<Pick<Status, "tasks" | "workers"> & { estimated: boolean }> {
  const tasks: Status["tasks"] = [];
  const workers: Status["workers"] = [];
  let estimated = false;
  for (const [at, queue] of queues.entries()) {
    const name = at < queues.length - 1 ? "docket" : "in process";
    try {
      const overview = await queue.tasks(5);
      estimated ||= overview.estimated;
      for (const { oldestWaitingAt, oldestRunningAt, ...task } of overview.tasks)
        tasks.push({
          ...{ queue: name, ...task },
          oldestWaitingAt: iso(oldestWaitingAt),
          oldestRunningAt: iso(oldestRunningAt),
        });
      if (name === "docket")
        for (const worker of await queue.workers())
          workers.push({
            ...{ id: worker.worker, host: worker.host, pid: worker.pid, version: worker.version ?? null },
            startedAt: iso(worker.startedAt),
            seenAt: new Date(worker.seenAt).toISOString(),
            aliveUntil: new Date(worker.aliveUntil).toISOString(),
            tasks: worker.tasks.length,
          });
    } catch (error) {
      // Away: the mode says so, and what is known of it stands in the database.
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }
  tasks.sort((one, other) => one.task.localeCompare(other.task));
  return { tasks, workers, estimated };
}

function iso(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
