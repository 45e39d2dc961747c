import type { Snapshot, WorkerInfo } from "../sight.js";
import type { Inbox } from "./inbox.js";

/** A worker, as the store knows it. */
export interface Present {
  readonly info: WorkerInfo;
  readonly inbox: Inbox;
  seenAt: number;
  aliveUntil: number;
  /** Free slots and the lease while it sleeps; undefined while it is busy. */
  asleep: { free: number; leaseMs: number } | undefined;
}

/** Who is there, and when the last was. */
export function presence(
  workers: Iterable<Present>,
  now: number,
): Pick<Snapshot, "workers" | "lastWorkerAt"> {
  const all = [...workers].map(({ info, seenAt, aliveUntil }) => ({ ...info, seenAt, aliveUntil }));
  const [last] = all.toSorted(
    (one, other) => other.aliveUntil - one.aliveUntil || (other.worker < one.worker ? -1 : 1),
  );
  return { lastWorkerAt: last?.seenAt, workers: all.filter(({ aliveUntil }) => aliveUntil >= now) };
}
