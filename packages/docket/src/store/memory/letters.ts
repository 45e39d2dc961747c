import type { Found, Group, Letter } from "../store.js";

interface Kept {
  readonly letter: Letter;
  readonly group: Group | undefined;
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

  put(letter: Letter, group: Group | undefined): void {
    this.#kept.set(letter.id, { letter, group });
  }

  delete(id: string): boolean {
    return this.#kept.delete(id);
  }

  newest(limit: number): Letter[] {
    return [...this.#kept.values()]
      .map(({ letter }) => letter)
      .reverse()
      .slice(0, limit);
  }

  /** The last one of a key. */
  find(key: string): Found {
    const kept = [...this.#kept.values()].findLast(({ letter }) => key !== "" && letter.stored?.key === key);
    if (kept === undefined) return { state: "unknown", id: undefined, info: undefined };
    return { state: "dead", id: kept.letter.id, info: kept.letter.info };
  }
}
