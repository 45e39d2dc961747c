/** As many runs at once as a limit may allow: each is looked at where places are counted. */
const MOST = 1_000;

/**
 * @param of whose limit it is, for the message
 * @throws {RangeError} when it is out of range
 */
export function readLimit(limit: number, of: string): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw new RangeError(`the concurrency ${of} is ${String(limit)}: give a whole number from 1 to 1000`);
  return limit;
}
