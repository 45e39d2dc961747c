import type { Letter } from "../../src/store/store.js";
import type { KeptTerms } from "./task.js";

export interface DeadTask extends Letter {
  readonly terms: KeptTerms;
  readonly delivery: number;
  /** Others of its serial key waited when it died. */
  readonly overtaken: boolean;
}

const KEPT_MS = 30 * 86_400_000;

/** The dead letters, and which of them is found by a key. */
export class ModelLetters {
  /** In the order in which they died. */
  all: DeadTask[] = [];
  readonly #keys = new Map<string, string>();

  of(id: string): DeadTask | undefined {
    return this.all.find((one) => one.id === id);
  }

  ofKey(key: string): DeadTask | undefined {
    return this.all.find(({ id }) => id === this.#keys.get(key));
  }

  /** In the place of one of an earlier life. */
  put(letter: DeadTask): void {
    this.discard(letter.id);
    this.all.push(letter);
    for (const { id, diedAt } of this.all) if (diedAt <= letter.diedAt - KEPT_MS) this.discard(id);
    const { key = "" } = letter.stored ?? {};
    if (key !== "") this.#keys.set(key, letter.id);
  }

  discard(id: string): boolean {
    const letter = this.of(id);
    this.all = this.all.filter((one) => one !== letter);
    const { key = "" } = letter?.stored ?? {};
    if (this.#keys.get(key) === id) this.#keys.delete(key);
    return letter !== undefined;
  }
}
