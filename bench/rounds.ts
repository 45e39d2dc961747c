import type { Bench } from "./measurement.ts";

/** Samples by name, in the order of the rounds they come from. */
export class Samples {
  readonly #lists = new Map<string, number[]>();

  push(name: string, value: number): void {
    const list = this.#lists.get(name);
    if (list === undefined) this.#lists.set(name, [value]);
    else list.push(value);
  }

  of(name: string): readonly number[] {
    return this.#lists.get(name) ?? [];
  }

  /** Those of the one beside those of the other, within each round. */
  ratios(name: string, other: string): number[] {
    const others = this.of(other);
    return this.of(name).map((value, at) => value / (others[at] ?? Number.NaN));
  }
}

/** So that nobody is always first, or always after the same one. */
export function rotated<T>(list: readonly T[], by: number): T[] {
  const from = by % list.length;
  return [...list.slice(from), ...list.slice(0, from)];
}

/** Round 0 is for warming up. */
export function tellRound(bench: Bench, round: number, rounds: number): void {
  bench.progress(round === 0 ? "warmed up" : `round ${String(round)} of ${String(rounds)} done`);
}
