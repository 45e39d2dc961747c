import type { Logger } from "pino";
import type { Auth } from "./auth.js";

/**
 * Has grants that an older SESSION_KEY sealed sealed by the first, at the start of a process.
 *
 * @returns what health is to warn of: grants that none of the keys opens
 */
export async function sealWithFirstKey(
  auth: Pick<Auth, "sealAllAnew" | "countSealedOtherwise">,
  log: Pick<Logger, "info">,
): Promise<string[]> {
  const sealedAnew = await auth.sealAllAnew();
  if (sealedAnew > 0)
    log.info({ count: sealedAnew }, "sign-ins are encrypted with the first SESSION_KEY now");
  const sealedOtherwise = await auth.countSealedOtherwise();
  if (sealedOtherwise === 0) return [];
  return [
    `${String(sealedOtherwise)} sign-ins were encrypted with another SESSION_KEY: set that one again, ` +
      `or those people must sign in anew before anything is written for them`,
  ];
}
