import { plainName } from "../task/version.js";
import type { PresentWorker, Snapshot } from "../store/sight.js";

/** What is there, and what of it nobody will do as things are. */
export interface Sight extends Snapshot {
  /**
   * Names of the tasks that something lives of and no live worker knows; all of them when no worker is alive. A version that
   * none knows is told with it ("write@2"), as in `aside`.
   */
  readonly unserved: readonly string[];
}

export function withUnserved(snapshot: Snapshot): Sight {
  const served = new Set(snapshot.workers.flatMap(({ tasks }) => tasks));
  const unserved = Object.keys(snapshot.tasks).filter((name) => !served.has(name));
  return { ...snapshot, tasks: summed(snapshot.tasks), workers: plainly(snapshot.workers), unserved };
}

/** The workers, with the tasks that they know, of whatever versions. */
export function plainly(workers: readonly PresentWorker[]): PresentWorker[] {
  return workers.map((worker) => ({ ...worker, tasks: [...new Set(worker.tasks.map(plainName))] }));
}

/** All versions of a task together. */
function summed(counts: Readonly<Record<string, number>>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, count] of Object.entries(counts)) {
    const plain = plainName(name);
    sums[plain] = (sums[plain] ?? 0) + count;
  }
  return sums;
}
