import type { Due, NewTask, Stored } from "../store.js";

/** By whom a task is held: a worker, by the call with that number (0: through its inbox), for so long. */
export interface Holder {
  readonly worker: string;
  readonly call: number;
  readonly leaseMs: number;
}

/** A new task as it lies in the store. */
export function storedAs({ serial, key, name, version, payload, carried }: NewTask, addedAt: number): Stored {
  const ties = { serial, key, name, ...(version === undefined ? {} : { version }) };
  return { ...ties, payload, addedAt, ...(carried === undefined ? {} : { carried }) };
}

/** When it is due, in ms since the epoch. @param began of the burst, where it is one */
export function dueAt(due: Due, now: number, began = now): number {
  if (due.kind === "now") return now;
  if (due.kind === "quiet") return Math.min(now + due.ms, began + due.longestMs);
  return due.kind === "in" ? now + due.ms : due.at;
}

/** By time; what has the same, by id. So that many that move at once do so in one order, whichever store they are in. */
export function inTimeOrder<T extends { readonly entry: { readonly id: string } }>(
  list: readonly T[],
  time: (one: T) => number,
): T[] {
  return list.toSorted((a, b) => time(a) - time(b) || (a.entry.id < b.entry.id ? -1 : 1));
}
