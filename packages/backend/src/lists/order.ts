/**
 * An order that somebody gave, made into one of the tracks that are there: those that it names come first, in its order;
 * the others follow, in the order that they had.
 *
 * @param given may name what is not there; that is passed over
 */
export function inGivenOrder<T>(there: readonly T[], given: readonly T[]): T[] {
  const present = new Set(there);
  const first = [...new Set(given)].filter((one) => present.has(one));
  const named = new Set(first);
  return [...first, ...there.filter((one) => !named.has(one))];
}
