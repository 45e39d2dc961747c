import { Apart } from "./apart.js";
import type { Gates } from "./gates.js";
import type { Entry, Shelf } from "./shelf.js";
import type { Tally } from "./tally.js";

/** Takes back what workers let their leases end on. */
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
}
