import type { Due, NewTask, Settlement, Stored } from "../store.js";

/** By whom a task is held: a worker, by the call with that number (0: through its inbox), for so long. */
export interface Holder {
  readonly worker: string;
  readonly call: number;
  readonly leaseMs: number;
}

/** A new task as it lies in the store. */
export function storedAs({ serial, key, name, payload, carried }: NewTask, addedAt: number): Stored {
  return { serial, key, name, payload, addedAt, ...(carried === undefined ? {} : { carried }) };
}

/** When it is due, in ms since the epoch. @param began of the burst, where it is one */
export function dueAt(due: Due, now: number, began = now): number {
  if (due.kind === "now") return now;
  if (due.kind === "quiet") return Math.min(now + due.ms, began + due.longestMs);
  return due.kind === "in" ? now + due.ms : due.at;
}

/** What is handed back goes to the front one by one: the first last, so that it stands before the others. */
export function handBacksLast(settlements: readonly Settlement[]): Settlement[] {
  const back = settlements.filter(({ outcome }) => outcome.kind === "return").reverse();
  return [...settlements.filter(({ outcome }) => outcome.kind !== "return"), ...back];
}
