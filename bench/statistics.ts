export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws {RangeError} when there are no samples */
export function spread(samples: readonly number[]): Spread {
  const sorted = samples.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (min === undefined || max === undefined || upper === undefined || lower === undefined) {
    throw new RangeError("a spread needs at least one sample");
  }
  return { median: (lower + upper) / 2, min, max };
}

/**
 * The smallest sample that so many of a hundred don't exceed.
 *
 * @throws {RangeError} when there are no samples
 */
export function percentile(samples: readonly number[], of100: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil((sorted.length * of100) / 100) - 1)];
  if (found === undefined) throw new RangeError("a percentile needs at least one sample");
  return found;
}
