import type { Kept } from "../retention.js";
import type { Found, Letter, Terms } from "../store.js";
import { inTimeOrder } from "./order.js";
import type { Entry } from "./shelf.js";

interface Buried {
  readonly letter: Letter;
  readonly terms: Terms;
  /** Its last; those of its next life are counted on, so that none of them is taken for one of this. */
  readonly delivery: number;
  /** Others of its serial key waited when it died. */
  readonly overtaken: boolean;
}

/** What has been given up, with the reason, until it is replayed or thrown away. */
export class Letters {
  readonly #kept = new Map<string, Buried>();
  readonly #byKey = new Map<string, string>();
  readonly #retention: Kept;

  constructor(retention: Kept) {
    this.#retention = retention;
  }

  get size(): number {
    return this.#kept.size;
  }

  get(id: string): Buried | undefined {
    return this.#kept.get(id);
  }

  /** @param info why (JSON) @param overtaken others of its serial key wait */
  bury(
    { id, stored, failures, terms, delivery }: Entry,
    info: string,
    overtaken: boolean,
    now: number,
  ): void {
    this.put({ letter: { id, diedAt: now, info, stored, failures }, terms, delivery, overtaken });
  }

  put(kept: Buried): void {
    const { letter } = kept;
    const { keepMs, most } = this.#retention;
    const { id: own, stored } = letter;
    this.delete(own);
    this.#kept.set(own, kept);
    if (stored !== undefined && stored.key !== "") this.#byKey.set(stored.key, own);
    for (const [id, { letter: old }] of this.#kept) {
      if (old.diedAt > letter.diedAt - keepMs && this.#kept.size <= most) break;
      this.delete(id);
    }
  }

  delete(id: string): boolean {
    const key = this.#kept.get(id)?.letter.stored?.key ?? "";
    if (this.#byKey.get(key) === id) this.#byKey.delete(key);
    return this.#kept.delete(id);
  }

  newest(limit: number, from: number): Letter[] {
    const letters = [...this.#kept.values()].map(({ letter }) => ({ letter, entry: letter }));
    return inTimeOrder(letters, ({ letter }) => letter.diedAt)
      .reverse()
      .slice(from, from + limit)
      .map(({ letter }) => letter);
  }

  /** The last one of a key; none once that is gone, even if there are earlier ones. */
  find(key: string): Found {
    const kept = this.#kept.get(this.#byKey.get(key) ?? "");
    if (kept === undefined) return { state: "unknown", id: undefined, info: undefined };
    return { state: "dead", id: kept.letter.id, info: kept.letter.info };
  }
}
