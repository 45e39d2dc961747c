import type { Snapshot } from "@plyr/docket";

/** What docket knows of those that work for it. */
export interface WorkersSeen {
  /** How many are alive, in whatever process. */
  readonly workers: number;
  /** For how many milliseconds this stays so, if nothing is heard of them. */
  readonly workersGoodFor: number;
  /** When the last one was heard of, where none is alive; ISO 8601. Undefined: not known (any more). */
  readonly lastWorkerAt: string | undefined;
  /** Tasks of which something is there, and that none of them knows. */
  readonly unknownTasks: readonly string[];
}

export function workersSeen({ now, workers, tasks, lastWorkerAt }: Snapshot): WorkersSeen {
  const known = new Set(workers.flatMap((worker) => worker.tasks));
  return {
    workers: workers.length,
    workersGoodFor: Math.max(0, ...workers.map(({ aliveUntil }) => aliveUntil - now)),
    lastWorkerAt:
      workers.length > 0 || lastWorkerAt === undefined ? undefined : new Date(lastWorkerAt).toISOString(),
    unknownTasks: workers.length === 0 ? [] : Object.keys(tasks).filter((task) => !known.has(task)),
  };
}
