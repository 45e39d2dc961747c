/**
 * Decisions that follow from a seed. Each part of a run has a name of its own, so that what one part does how often doesn't
 * change the decisions of another.
 */
export class Chance {
  #state: number;

  constructor(seed: number, name: string) {
    this.#state = Buffer.from(`${String(seed)} ${name}`).reduce(
      (hash, byte) => Math.imul(hash ^ byte, 16_777_619) >>> 0,
      2_166_136_261,
    );
  }

  /** From 0 to 1, without 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  happens(probability: number): boolean {
    return this.fraction() < probability;
  }

  oneOf<T>(first: T, ...others: readonly T[]): T {
    return others[this.between(-1, others.length - 1)] ?? first;
  }

  /** @param share how often each comes, beside the others */
  weighted<T>(choices: readonly T[], share: (choice: T) => number): T {
    let left = this.fraction() * choices.reduce((sum, choice) => sum + share(choice), 0);
    for (const choice of choices) {
      left -= share(choice);
      if (left < 0) return choice;
    }
    throw new RangeError("there is nothing to choose from");
  }
}
