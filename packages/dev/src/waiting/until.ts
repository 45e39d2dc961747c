import { setTimeout as pause } from "node:timers/promises";

export interface UntilOptions {
  /** Greatest wait in ms. Default 10,000. */
  within?: number;
  /** Pause between two looks in ms. Default 25. */
  every?: number;
}

/**
 * Looks again and again until `look` gives something other than `undefined`, `null` or `false`, and returns it.
 * A look that throws counts as "not yet".
 *
 * @param what named in the error: "Redis answers"
 * @throws when the time is over, with the last error as its cause
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  { within = 10_000, every = 25 }: UntilOptions = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + within;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (isThere(found)) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`Waited ${String(within)} ms in vain until: ${what}.`, { cause: last });
    }
    await pause(every);
  }
}

function isThere<T>(found: T): found is NonNullable<Exclude<T, false>> {
  return found !== undefined && found !== null && found !== false;
}
