import type {
  Added,
  Claim,
  Found,
  Held,
  Letter,
  NewTask,
  ReplayResult,
  Settlement,
  Snapshot,
  Stored,
} from "../store.js";
import { Lanes } from "./lanes.js";
import { Shelf, tally, type Entry } from "./shelf.js";

/** By whom a task is held: a worker, by the call with that number (0: through its inbox), for so long. */
export interface Holder {
  readonly worker: string;
  readonly call: number;
  readonly leaseMs: number;
}

/** The living and the dead tasks of a store, and all that moves them. Of workers it knows only the names. */
export class Tasks {
  readonly #shelf = new Shelf();
  readonly #keys = new Map<string, string>();
  readonly #lanes = new Lanes();
  readonly #letters = new Map<string, Letter>();
  readonly #counts = new Map<string, number>();

  add(task: NewTask, now: number): Added {
    const { id, serial, key, name, payload, due } = task;
    const holder = key === "" ? undefined : this.#keys.get(key);
    if (holder !== undefined) return { id: holder, added: holder === id };
    if (this.#shelf.get(id) !== undefined) return { id, added: true };
    const at = due.kind === "in" ? now + due.ms : due.kind === "at" ? due.at : now;
    const entry = this.#enter(id, { serial, key, name, payload, addedAt: now });
    if (at > now) this.#shelf.put(entry, { kind: "scheduled", at });
    else this.#admit(entry);
    return { id, added: true };
  }

  /** The next task in turn, under a lease; one that was laid aside first, where the worker knows it. */
  claim(holder: Holder, known: readonly string[], now: number): Claim | undefined {
    const entry = this.#next(known);
    if (entry === undefined) return undefined;
    const { worker, call, leaseMs } = holder;
    entry.delivery += 1;
    this.#shelf.put(entry, { kind: "leased", worker, call, until: now + leaseMs, cancelled: false });
    const { id, stored, attempt, delivery, lost } = entry;
    return { id, stored, attempt, delivery, lost, claimedAt: now };
  }

  /** Carries out what deliveries came to; returns the ids of those whose lease was lost. */
  conclude(worker: string, settlements: readonly Settlement[], now: number): string[] {
    const refused = handBacksLast(settlements).filter((one) => !this.#concludeOne(worker, one, now));
    if (refused.length > 0) this.#count("refused", refused.length);
    return refused.map(({ id }) => id);
  }

  /** What the calls of a worker after this one claimed goes back. */
  undo(worker: string, answered: number): void {
    for (const { entry, place } of this.#leased().reverse()) {
      if (place.worker === worker && place.call > answered) this.#handBack(entry);
    }
  }

  /** Hands these back, the first in front, where the worker holds them. */
  handBack(worker: string, ids: readonly string[]): void {
    for (const id of [...ids].reverse()) {
      const entry = this.#shelf.get(id);
      if (entry?.place.kind === "leased" && entry.place.worker === worker) this.#handBack(entry);
    }
  }

  /** Takes back what has outlived its lease; returns the workers that lost something. */
  recover(now: number): Set<string> {
    const owners = new Set<string>();
    for (const { entry, place } of this.#leased().reverse()) {
      if (place.until > now) continue;
      owners.add(place.worker);
      if (!place.cancelled) {
        entry.lost += 1;
        this.#count("recovered", 1);
      }
      this.#handBack(entry);
    }
    return owners;
  }

  /** Has what is due take its place. */
  promote(now: number): void {
    const due = [...this.#shelf.at("scheduled")].flatMap((entry) =>
      entry.place.kind === "scheduled" && entry.place.at <= now ? [{ entry, at: entry.place.at }] : [],
    );
    for (const { entry } of due.sort((a, b) => a.at - b.at)) this.#admit(entry);
  }

  /** Prolongs leases; returns the ids of those that are lost. */
  renew(worker: string, held: readonly Held[], until: number): string[] {
    return held.flatMap(({ id, delivery }) => {
      const entry = this.#shelf.get(id);
      if (entry?.place.kind !== "leased" || entry.place.worker !== worker || entry.delivery !== delivery)
        return [id];
      entry.place.until = until;
      return [];
    });
  }

  /** Ends a task that isn't running; of one that is, returns the worker. */
  cancel(id: string): "cancelled" | "unknown" | { readonly worker: string } {
    const entry = this.#shelf.get(id);
    if (entry === undefined) return "unknown";
    if (entry.place.kind === "leased") {
      entry.place.cancelled = true;
      return { worker: entry.place.worker };
    }
    this.#retire(entry);
    return "cancelled";
  }

  wake(keys: readonly string[]): number {
    const sleeping = keys.flatMap((key) => {
      const entry = this.#shelf.get(this.#keys.get(key));
      return entry?.place.kind === "scheduled" ? [entry] : [];
    });
    for (const entry of sleeping) this.#admit(entry);
    return sleeping.length;
  }

  find(key: string): Found {
    const entry = this.#shelf.get(this.#keys.get(key));
    if (entry !== undefined) {
      const { kind } = entry.place;
      const state = kind === "leased" ? "running" : kind === "scheduled" ? "delayed" : "waiting";
      return { state, id: entry.id, info: undefined };
    }
    const letter = [...this.#letters.values()].findLast(({ stored }) => key !== "" && stored?.key === key);
    if (letter === undefined) return { state: "unknown", id: undefined, info: undefined };
    return { state: "dead", id: letter.id, info: letter.info };
  }

  letters(limit: number): Letter[] {
    return [...this.#letters.values()].reverse().slice(0, limit);
  }

  replay(id: string, now: number): ReplayResult {
    const stored = this.#letters.get(id)?.stored;
    if (stored === undefined) return "unknown";
    if (stored.key !== "" && this.#keys.has(stored.key)) return "key in use";
    this.#letters.delete(id);
    this.#admit(this.#enter(id, { ...stored, addedAt: now }));
    return "replayed";
  }

  discard(id: string): boolean {
    return this.#letters.delete(id);
  }

  /** When something next falls due or a lease ends. */
  nextEvent(): number | undefined {
    return this.#shelf.nextEvent();
  }

  summary(): Omit<Snapshot, "now" | "workers"> {
    return {
      waiting: this.#shelf.at("ready").size,
      blocked: this.#shelf.at("blocked").size,
      delayed: this.#shelf.at("scheduled").size,
      running: this.#shelf.at("leased").size,
      dead: this.#letters.size,
      aside: tally(this.#shelf.at("aside")),
      tasks: tally(this.#shelf.all()),
      oldestWaitingAt: this.#shelf.nextInTurn()?.stored.addedAt,
      nextAt: this.#shelf.nextEvent(),
      counts: Object.fromEntries(this.#counts),
    };
  }

  #concludeOne(worker: string, { id, delivery, outcome }: Settlement, now: number): boolean {
    const entry = this.#shelf.get(id);
    if (entry?.place.kind !== "leased" || entry.place.worker !== worker || entry.delivery !== delivery)
      return false;
    if (outcome.kind === "done" || (entry.place.cancelled && outcome.kind !== "dead")) this.#retire(entry);
    else if (outcome.kind === "retry" || outcome.kind === "park") {
      if (outcome.kind === "retry") entry.attempt += 1;
      entry.lost = 0;
      this.#shelf.put(entry, {
        kind: "scheduled",
        at: outcome.kind === "retry" ? now + outcome.ms : outcome.at,
      });
    } else if (outcome.kind === "return") this.#handBack(entry);
    else if (outcome.kind === "aside") {
      this.#shelf.put(entry, { kind: "aside" });
      this.#count("aside", 1);
    } else {
      this.#letters.set(id, { id, diedAt: now, info: outcome.info, stored: entry.stored });
      this.#count("dead", 1);
      this.#retire(entry);
    }
    return true;
  }

  /** A task that begins its life, and has its key. */
  #enter(id: string, stored: Stored): Entry {
    if (stored.key !== "") this.#keys.set(stored.key, id);
    return { id, stored, attempt: 1, delivery: 0, lost: 0, place: { kind: "scheduled", at: stored.addedAt } };
  }

  #admit(entry: Entry): void {
    this.#shelf.put(entry, { kind: this.#lanes.enter(entry.stored.serial, entry.id) ? "ready" : "blocked" });
  }

  /** Unfinished, back to the front and uncounted; what was cancelled while it ran goes instead. */
  #handBack(entry: Entry): void {
    if (entry.place.kind === "leased" && entry.place.cancelled) this.#retire(entry);
    else this.#shelf.put(entry, { kind: "ready" }, true);
  }

  #retire(entry: Entry): void {
    this.#shelf.remove(entry);
    if (this.#keys.get(entry.stored.key) === entry.id) this.#keys.delete(entry.stored.key);
    const following = this.#shelf.get(this.#lanes.leave(entry.stored.serial, entry.id));
    if (following !== undefined) this.#shelf.put(following, { kind: "ready" });
  }

  #next(known: readonly string[]): Entry | undefined {
    for (const entry of this.#shelf.at("aside")) if (known.includes(entry.stored.name)) return entry;
    return this.#shelf.takeTurn();
  }

  #leased(): { entry: Entry; place: Entry["place"] & { kind: "leased" } }[] {
    return [...this.#shelf.at("leased")].flatMap((entry) =>
      entry.place.kind === "leased" ? [{ entry, place: entry.place }] : [],
    );
  }

  #count(what: string, by: number): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by);
  }
}

/** What is handed back goes to the front one by one: the first last, so that it stands before the others. */
function handBacksLast(settlements: readonly Settlement[]): Settlement[] {
  const back = settlements.filter(({ outcome }) => outcome.kind === "return").reverse();
  return [...settlements.filter(({ outcome }) => outcome.kind !== "return"), ...back];
}
