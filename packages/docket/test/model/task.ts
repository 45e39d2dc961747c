import type { Due, NewTask, Stored, Terms } from "../../src/store/store.js";

export interface Lease {
  readonly worker: string;
  /** The settle call that claimed it; 0: came through the inbox. */
  readonly call: number;
  readonly since: number;
  until: number;
  /** Isn't to be run again. */
  cancelled: boolean;
  progress: string | undefined;
}

/** Where a living task is. */
export type Place =
  /** May run now; its turn is told by the model's line. */
  | { readonly in: "line" }
  /** Behind the head of its lane. */
  | { readonly in: "lane" }
  /** Until the running task that it replaces has ended, and a time has come. */
  | { readonly in: "wake of"; at: number }
  | { readonly in: "schedule"; readonly at: number }
  | { readonly in: "gate"; readonly gate: string }
  | { readonly in: "aside" }
  | { readonly in: "hands"; readonly lease: Lease };

/** At the doors it has been. */
export type KeptTerms = Omit<Terms, "doors">;

export interface ModelTask {
  readonly id: string;
  stored: Stored;
  terms: KeptTerms;
  attempt: number;
  delivery: number;
  lost: number;
  failures: readonly string[];
  /** Since when it is held, since its last run. */
  heldSince: number | undefined;
  /** When the burst began that it is the end of. */
  began: number | undefined;
  /** The running task that it replaces. */
  leader: string | undefined;
  place: Place;
}

export function begin(id: string, stored: Stored, terms: KeptTerms): ModelTask {
  const fresh = { attempt: 1, delivery: 0, lost: 0, failures: [] };
  const unset = { heldSince: undefined, began: undefined, leader: undefined };
  return { id, stored, terms, ...fresh, ...unset, place: { in: "line" } };
}

export function storedAt(now: number, { serial, key, name, payload, carried }: NewTask): Stored {
  return { addedAt: now, serial, key, name, payload, ...(carried === undefined ? {} : { carried }) };
}

export const keptOf = ({ group, limit, priority, batch }: Terms): KeptTerms => ({
  ...{ group, limit, priority, batch },
});

export const sameTerms = (one: KeptTerms, other: KeptTerms): boolean => said(one) === said(other);

function said({ group, limit, priority, batch }: KeptTerms): string {
  const ofGroup = [group?.name, group?.rate?.limit, group?.rate?.perMs];
  const ofBatch = [batch?.most, batch?.withinMs, batch?.task, batch?.of];
  return JSON.stringify([ofGroup, limit?.most, limit?.task, limit?.key, priority, ofBatch]);
}

/** By a number, then by id: what happens to many at one time happens in this order. */
export function inOrder<T extends { readonly id: string }>(list: Iterable<T>, by: (one: T) => number): T[] {
  return [...list].sort((one, other) => by(one) - by(other) || (one.id < other.id ? -1 : 1));
}

/** When it is due. @param began of the burst, where it is one */
export function dueAt(due: Due, now: number, began = now): number {
  if (due.kind === "now") return now;
  if (due.kind === "at") return due.at;
  return due.kind === "in" ? now + due.ms : Math.min(now + due.ms, began + due.longestMs);
}
