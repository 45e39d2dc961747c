import { startRedis, type Redis } from "@plyr/dev";

/**
 * A Redis of the measurement's own. Its append-only file isn't rewritten meanwhile: a rewrite forks and would slow down
 * whichever contender it happens to meet.
 */
export function ownRedis(): Promise<Redis> {
  return startRedis({ args: ["--auto-aof-rewrite-percentage", "0"] });
}
