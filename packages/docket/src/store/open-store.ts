import type { Log } from "../log.js";
import type { Clock } from "../time/clock.js";
import { MemoryStore } from "./memory/memory-store.js";
import { RedisStore } from "./redis/redis-store.js";
import type { Store } from "./store.js";

export interface StorePlace {
  readonly url: string | undefined;
  readonly name: string;
  readonly clock: Clock | undefined;
  readonly log: Log;
}

/**
 * The store behind a URL; no URL is this process's memory.
 *
 * @throws {RangeError} on a URL that can't be used
 */
export function openStore({ url, name, clock, log }: StorePlace): Store {
  if (url === undefined || url === "memory://") return new MemoryStore(clock);
  // The url itself isn't shown: it may hold a password.
  if (!isRedisUrl(url)) {
    throw new RangeError(
      "the docket's url can't be used: give redis://host:port, rediss://host:port, unix:///path/of/socket or memory://",
    );
  }
  return new RedisStore({ url: url.replace(/^unix:\/\//, ""), name, log, clock });
}

function isRedisUrl(url: string): boolean {
  const { protocol, hostname, pathname } = URL.parse(url) ?? {};
  if (protocol === "unix:") return hostname === "" && (pathname ?? "").length > 1;
  return (protocol === "redis:" || protocol === "rediss:") && hostname !== "";
}
