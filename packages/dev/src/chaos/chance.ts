import { createHash } from "node:crypto";

/**
 * Decisions that follow from a seed: the same seed and name decide the same, in the same order. Each part of a run has a
 * name of its own, so that what one part does how often doesn't change the decisions of another.
 */
export class Chance {
  readonly #origin: string;
  #drawn = 0;

  constructor(seed: number, name: string) {
    this.#origin = `${String(seed)} ${name}`;
  }

  /** From 0 to 1, without 1. */
  fraction(): number {
    this.#drawn += 1;
    const digest = createHash("sha256")
      .update(`${this.#origin} ${String(this.#drawn)}`)
      .digest();
    return digest.readUInt32BE() / 2 ** 32;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** Undefined: there is nothing to choose from. */
  oneOf<T>(choices: readonly T[]): T | undefined {
    return choices[this.between(0, choices.length - 1)];
  }

  /** @param weights how often each comes, beside the others */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const names = namesOf(weights);
    const whole = names.reduce((sum, name) => sum + weights[name], 0);
    let left = this.fraction() * whole;
    for (const name of names) {
      left -= weights[name];
      if (left < 0) return name;
    }
    throw new RangeError("there is nothing to choose from");
  }
}

function namesOf<Name extends string>(record: Readonly<Record<Name, number>>): Name[] {
  const isName = (name: string): name is Name => Object.hasOwn(record, name);
  return Object.keys(record).filter(isName);
}
