import { versionedName } from "../../task/version.js";
import type { Held, Stored, Terms } from "../store.js";
import { inTimeOrder } from "./order.js";
import { Turn } from "./turn.js";

export type Place =
  | { readonly kind: "ready" }
  | { readonly kind: "blocked" }
  | { readonly kind: "aside" }
  | { readonly kind: "held"; readonly gate: string }
  | { readonly kind: "scheduled"; readonly at: number }
  | {
      readonly kind: "leased";
      readonly worker: string;
      /** When it was claimed (ms). */ readonly since: number;
      /** The settle call that claimed it; 0: came through the inbox. */ readonly call: number;
      until: number;
      cancelled: boolean;
      /** What the run has told of how far it is (JSON). */
      progress?: string;
    };

export interface Entry {
  readonly id: string;
  stored: Stored;
  attempt: number;
  delivery: number;
  lost: number;
  readonly terms: Terms;
  /** What was kept of its failures (JSON), oldest first. */
  failures: readonly string[];
  /** Since when it has been held, since its last run (ms). */
  heldSince: number | undefined;
  /** When the burst began that it is the end of; undefined once it has run. */
  began: number | undefined;
  place: Place;
}

export function newEntry(id: string, stored: Stored, terms: Terms): Entry {
  const place = { kind: "scheduled", at: stored.addedAt } as const;
  const yet = { heldSince: undefined, began: undefined };
  return { id, stored, terms, attempt: 1, delivery: 0, lost: 0, failures: [], ...yet, place };
}

/** An attempt is used up. @param info what is kept of it (JSON) */
export function fail(entry: Entry, info: string | undefined): void {
  entry.attempt += 1;
  entry.failures = [...entry.failures, ...(info === undefined ? [] : [info])].slice(-9);
}

/** The living tasks by id, and by where they stand, so that nothing has to look through all of them. */
export class Shelf {
  readonly #entries = new Map<string, Entry>();
  readonly #standing = {
    ready: new Set<Entry>(),
    blocked: new Set<Entry>(),
    aside: new Set<Entry>(),
    held: new Set<Entry>(),
    scheduled: new Set<Entry>(),
    leased: new Set<Entry>(),
  };
  readonly #turn = new Turn<Entry>(
    (entry) => entry.place.kind === "ready" && this.#entries.get(entry.id) === entry,
  );

  get(id: string | undefined): Entry | undefined {
    return id === undefined ? undefined : this.#entries.get(id);
  }

  all(): Iterable<Entry> {
    return this.#entries.values();
  }

  at(kind: Place["kind"]): ReadonlySet<Entry> {
    return this.#standing[kind];
  }

  /** The lease under which this very delivery runs. */
  lease(worker: string, { id, delivery }: Held): (Place & { kind: "leased" }) | undefined {
    const entry = this.get(id);
    if (entry?.place.kind !== "leased" || entry.place.worker !== worker || entry.delivery !== delivery)
      return undefined;
    return entry.place;
  }

  /** What is due by now, in order. */
  due(now: number): Entry[] {
    const due = [...this.#standing.scheduled].flatMap((entry) =>
      entry.place.kind === "scheduled" && entry.place.at <= now ? [{ entry, at: entry.place.at }] : [],
    );
    return inTimeOrder(due, ({ at }) => at).map(({ entry }) => entry);
  }

  /** Those that workers have; whose lease ends last first. */
  leased(): { entry: Entry; place: Place & { kind: "leased" } }[] {
    const leased = [...this.#standing.leased].flatMap((entry) =>
      entry.place.kind === "leased" ? [{ entry, place: entry.place }] : [],
    );
    return inTimeOrder(leased, ({ place }) => place.until).reverse();
  }

  /** Puts a task (new or moved) in its place; ready ones at the end of the turn of their priority, or at its front. */
  put(entry: Entry, place: Place, front = false): void {
    const { priority = "normal" } = entry.terms;
    if (entry.place.kind === "ready") this.#turn.remove(entry, priority);
    this.#entries.set(entry.id, entry);
    this.#standing[entry.place.kind].delete(entry);
    entry.place = place;
    this.#standing[place.kind].add(entry);
    if (place.kind === "ready") this.#turn.put(entry, priority, front);
  }

  remove(entry: Entry): void {
    this.#entries.delete(entry.id);
    this.#standing[entry.place.kind].delete(entry);
  }

  /** Those of which one is next in turn. */
  heads(): Entry[] {
    return this.#turn.heads();
  }

  /** The task whose turn it is, taken out of the turn; it stays ready until it is put elsewhere. */
  takeTurn(): Entry | undefined {
    return this.#turn.take();
  }

  /** When something next falls due or a lease ends. */
  nextEvent(): number | undefined {
    let next = Infinity;
    for (const { place } of this.#standing.scheduled)
      if (place.kind === "scheduled") next = Math.min(next, place.at);
    for (const { place } of this.#standing.leased)
      if (place.kind === "leased") next = Math.min(next, place.until);
    return next === Infinity ? undefined : next;
  }
}

export function tally(entries: Iterable<Entry>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { stored } of entries) {
    const name = versionedName(stored);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
