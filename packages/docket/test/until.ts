import { setTimeout as pause } from "node:timers/promises";

/**
 * Looks again and again until `look` gives something other than undefined, null or false, and returns it. A look that
 * throws counts as "not yet".
 *
 * @param within milliseconds
 * @throws when the time is over, with the last error as its cause
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  within = 10_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + within;
  for (;;) {
    let cause: unknown;
    try {
      const found = await look();
      if (isThere(found)) return found;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline)
      throw new Error(`waited ${String(within)} ms in vain until ${what}`, { cause });
    await pause(10);
  }
}

function isThere<T>(found: T): found is NonNullable<Exclude<T, false>> {
  return found !== undefined && found !== null && found !== false;
}
