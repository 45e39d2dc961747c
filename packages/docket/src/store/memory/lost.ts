import { Apart } from "./apart.js";
import type { Gates } from "./gates.js";
import type { Entry, Shelf } from "./shelf.js";
import type { Tally } from "./tally.js";

/** Takes back what workers have, and don't do: they let a lease end, never heard of it, or go. */
export class Lost {
  readonly #shelf: Shelf;
  readonly #gates: Gates;
  readonly #tally: Tally;
  readonly #apart = new Apart();
  readonly #handBack: (entry: Entry, now: number) => void;

  /** @param handBack to the front; or ends it, where it was cancelled */
  constructor(shelf: Shelf, gates: Gates, tally: Tally, handBack: (entry: Entry, now: number) => void) {
    this.#shelf = shelf;
    this.#gates = gates;
    this.#tally = tally;
    this.#handBack = handBack;
  }

  /** Returns the workers that lost something. */
  recover(now: number): Set<string> {
    const ended = this.#shelf.leased().filter(({ place }) => place.until <= now);
    const first: Entry[] = [];
    for (const { entry, place } of ended.toReversed()) {
      this.#gates.leaveBatch(entry);
      if (place.cancelled) {
        this.#handBack(entry, now);
        continue;
      }
      entry.lost += 1;
      this.#tally.count("recovered", 1);
      const at = this.#apart.turn(entry.lost, now);
      if (at > now) {
        this.#gates.give(entry);
        this.#shelf.put(entry, { kind: "scheduled", at });
      } else first.push(entry);
    }
    for (const entry of first.reverse()) this.#handBack(entry, now);
    return new Set(ended.map(({ place }) => place.worker));
  }

  /** What the calls of a worker after this one claimed goes back. */
  undo(worker: string, answered: number, now: number): void {
    for (const { entry, place } of this.#shelf.leased()) {
      if (place.worker === worker && place.call > answered) this.#handBack(entry, now);
    }
  }

  /** Hands these back, the first in front, where the worker holds them. */
  unread(worker: string, ids: readonly string[], now: number): void {
    for (const id of [...ids].reverse()) {
      const entry = this.#shelf.get(id);
      if (entry?.place.kind === "leased" && entry.place.worker === worker) this.#handBack(entry, now);
    }
  }
}
