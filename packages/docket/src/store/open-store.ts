import type { Log } from "../log.js";
import type { Clock } from "../time/clock.js";
import { MemoryStore } from "./memory/memory-store.js";
import { ALLOWED_URLS, readAddress, type Server } from "./redis/address.js";
import { RedisStore } from "./redis/redis-store.js";
import type { Retention } from "./retention.js";
import type { Store } from "./store.js";

export interface StorePlace {
  readonly url: string | undefined;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly name: string;
  readonly clock: Clock | undefined;
  readonly log: Log;
  readonly retention: Retention;
}

/** Whether a docket can be opened on a Redis by this URL; whether one is there is another question. */
export function isRedisUrl(url: string): boolean {
  return readAddress(url) !== undefined;
}

/**
 * The store behind a URL; no URL is this process's memory.
 *
 * @throws {RangeError} on a URL that can't be used, and on certificates for one without TLS
 */
export function openStore({ url, ca, cert, key, name, clock, log, retention }: StorePlace): Store {
  if (url !== undefined && url !== "memory://")
    return new RedisStore({ server: redisServer({ url, ca, cert, key }), name, log, clock, retention });
  if ((ca ?? cert ?? key) !== undefined) throw withoutTls();
  return new MemoryStore(clock, retention);
}

/** @throws {RangeError} as `openStore` */
export function redisServer({ url, ca, cert, key }: Server): Server {
  if ((ca ?? cert ?? key) !== undefined && !url.startsWith("rediss")) throw withoutTls();
  if ((cert === undefined) !== (key === undefined))
    throw new RangeError("the docket has a cert without its key, or a key without its cert: give both");
  // The url itself isn't shown: it may hold a password.
  if (!isRedisUrl(url)) throw new RangeError(`the docket's url can't be used: give ${ALLOWED_URLS}`);
  return { url, ca, cert, key };
}

function withoutTls(): RangeError {
  return new RangeError(
    "the docket has a ca, or a cert with its key, but its url doesn't begin with rediss: leave out one, or use TLS",
  );
}
