import type { Snapshot, WorkerInfo } from "../sight.js";
import { Inbox } from "./inbox.js";

export interface Present {
  readonly info: WorkerInfo;
  readonly inbox: Inbox;
  seenAt: number;
  aliveUntil: number;
  /** Free slots and the lease while it sleeps; undefined while it is busy. */
  asleep: { free: number; leaseMs: number } | undefined;
}

/** A worker that has just come. */
export function arrived(info: WorkerInfo, now: number): Present {
  return { info, inbox: new Inbox(), seenAt: now, aliveUntil: now + 15_000, asleep: undefined };
}

/** So long after it was to be there last, a worker is forgotten when another comes. */
const SILENT_MS = 3_600_000;

export function forgetSilent(workers: Map<string, Present>, now: number): void {
  for (const [worker, { aliveUntil }] of workers) if (aliveUntil <= now - SILENT_MS) workers.delete(worker);
}

/** Who is there, and when the one that is to be there longest was last heard of. */
export function presence(
  workers: Iterable<Present>,
  now: number,
): Pick<Snapshot, "workers" | "lastWorkerAt"> {
  const all = [...workers].map(({ info, seenAt, aliveUntil }) => ({ ...info, seenAt, aliveUntil }));
  const [last] = all.toSorted(
    (one, other) => other.aliveUntil - one.aliveUntil || (other.worker < one.worker ? -1 : 1),
  );
  return { workers: all.filter(({ aliveUntil }) => aliveUntil >= now), lastWorkerAt: last?.seenAt };
}
