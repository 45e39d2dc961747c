import type { Log } from "../log.js";
import type { Clock } from "../time/clock.js";
import { MemoryStore } from "./memory/memory-store.js";
import type { Server } from "./redis/meter.js";
import { RedisStore } from "./redis/redis-store.js";
import type { Store } from "./store.js";

export interface StorePlace {
  readonly url: string | undefined;
  readonly ca: string | undefined;
  readonly name: string;
  readonly clock: Clock | undefined;
  readonly log: Log;
}

/**
 * The store behind a URL; no URL is this process's memory.
 *
 * @throws {RangeError} on a URL that can't be used, and on a ca for one without TLS
 */
export function openStore({ url, ca, name, clock, log }: StorePlace): Store {
  if (url !== undefined && url !== "memory://")
    return new RedisStore({ server: redisServer(url, ca), name, log, clock });
  if (ca !== undefined) throw withoutTls();
  return new MemoryStore(clock);
}

/** @throws {RangeError} as `openStore` */
export function redisServer(url: string, ca: string | undefined): Server {
  if (ca !== undefined && !url.startsWith("rediss:")) throw withoutTls();
  // The url itself isn't shown: it may hold a password.
  if (!isRedisUrl(url)) {
    throw new RangeError(
      "the docket's url can't be used: give redis://host:port, rediss://host:port, unix:///path/of/socket or memory://",
    );
  }
  return { url: url.replace(/^unix:\/\//, ""), ca };
}

function withoutTls(): RangeError {
  return new RangeError(
    "the docket has a ca, but its url doesn't begin with rediss: leave out one, or use TLS",
  );
}

function isRedisUrl(url: string): boolean {
  const { protocol, hostname, pathname } = URL.parse(url) ?? {};
  if (protocol === "unix:") return hostname === "" && (pathname ?? "").length > 1;
  return (protocol === "redis:" || protocol === "rediss:") && hostname !== "";
}
