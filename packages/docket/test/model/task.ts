import type { Group, Letter, NewTask, Stored } from "../../src/store/store.js";

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

export interface ModelTask {
  readonly id: string;
  stored: Stored;
  group: Group | undefined;
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

export interface DeadTask extends Letter {
  readonly group: Group | undefined;
  readonly delivery: number;
  /** Others of its serial key waited when it died. */
  readonly overtaken: boolean;
}

export function begin(id: string, stored: Stored, group: Group | undefined): ModelTask {
  const fresh = { attempt: 1, delivery: 0, lost: 0, failures: [] };
  const unset = { heldSince: undefined, began: undefined, leader: undefined };
  return { id, stored, group, ...fresh, ...unset, place: { in: "line" } };
}

export function storedAt(now: number, { serial, key, name, payload, carried }: NewTask): Stored {
  return { addedAt: now, serial, key, name, payload, ...(carried === undefined ? {} : { carried }) };
}

export const sameGroup = (one: Group | undefined, other: Group | undefined): boolean =>
  JSON.stringify([one?.name, one?.rate?.limit, one?.rate?.perMs]) ===
  JSON.stringify([other?.name, other?.rate?.limit, other?.rate?.perMs]);

/** By a number, then by id: what happens to many at one time happens in this order. */
export function inOrder<T extends { readonly id: string }>(list: Iterable<T>, by: (one: T) => number): T[] {
  return [...list].sort((one, other) => by(one) - by(other) || (one.id < other.id ? -1 : 1));
}
