import type { Found, Letter, Terms } from "../store.js";

/** How long, and how many. */
const KEPT_MS = 2_592_000_000;
const KEPT = 10_000;

interface Kept {
  readonly letter: Letter;
  readonly terms: Terms;
}

/** What has been given up, with the reason, until it is replayed or thrown away. */
export class Letters {
  readonly #kept = new Map<string, Kept>();

  get size(): number {
    return this.#kept.size;
  }

  get(id: string): Kept | undefined {
    return this.#kept.get(id);
  }

  put(letter: Letter, terms: Terms): void {
    this.#kept.set(letter.id, { letter, terms });
    for (const [id, { letter: old }] of this.#kept) {
      if (old.diedAt > letter.diedAt - KEPT_MS && this.#kept.size <= KEPT) break;
      this.#kept.delete(id);
    }
  }

  delete(id: string): boolean {
    return this.#kept.delete(id);
  }

  newest(limit: number, from: number): Letter[] {
    return [...this.#kept.values()]
      .map(({ letter }) => letter)
      .reverse()
      .slice(from, from + limit);
  }

  /** The last one of a key. */
  find(key: string): Found {
    const kept = [...this.#kept.values()].findLast(({ letter }) => key !== "" && letter.stored?.key === key);
    if (kept === undefined) return { state: "unknown", id: undefined, info: undefined };
    return { state: "dead", id: kept.letter.id, info: kept.letter.info };
  }
}
