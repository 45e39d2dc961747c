import type { Snapshot } from "../store/sight.js";

/** What is there, and what of it nobody will do as things are. */
export interface Sight extends Snapshot {
  /** Names of the tasks that something lives of and no live worker knows; all of them when no worker is alive. */
  readonly unserved: readonly string[];
}

export function withUnserved(snapshot: Snapshot): Sight {
  const served = new Set(snapshot.workers.flatMap(({ tasks }) => tasks));
  return { ...snapshot, unserved: Object.keys(snapshot.tasks).filter((name) => !served.has(name)) };
}
