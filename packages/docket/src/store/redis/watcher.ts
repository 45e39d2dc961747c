import type { Log } from "../../log.js";
import { withoutCommand } from "./connection.js";
import type { Server } from "./address.js";
import { MeteredRedis, type Meter } from "./meter.js";

/**
 * Subscriptions, on a connection of their own that is there only while somebody waits. What is told while it is broken is
 * lost, so whoever waits is called back when it stands again.
 */
export class Watcher {
  readonly #server: Server;
  readonly #log: Log;
  readonly #meter: Meter;
  readonly #callbacks = new Map<string, Set<() => void>>();
  #redis: MeteredRedis | undefined;

  constructor(server: Server, log: Log, meter: Meter) {
    this.#server = server;
    this.#log = log;
    this.#meter = meter;
  }

  watch(channel: string, callback: () => void): () => void {
    const known = this.#callbacks.get(channel);
    const callbacks = known ?? new Set();
    callbacks.add(callback);
    this.#callbacks.set(channel, callbacks);
    this.#redis ??= this.#connect();
    // While it isn't ready, "ready" sees to it.
    if (this.#redis.status === "ready") this.#subscribe(this.#redis, [channel]);
    return () => {
      if (!callbacks.delete(callback) || callbacks.size > 0) return;
      if (this.#callbacks.get(channel) === callbacks) this.#callbacks.delete(channel);
      if (this.#callbacks.size === 0) this.close();
      else if (this.#redis?.status === "ready") this.#redis.unsubscribe(channel).catch(() => undefined);
    };
  }

  /** Makes its connection anew. */
  drop(): void {
    this.#redis?.disconnect(true);
  }

  close(): void {
    this.#redis?.disconnect();
    this.#redis = undefined;
  }

  #connect(): MeteredRedis {
    const redis = new MeteredRedis(this.#meter, this.#server, {
      autoResubscribe: false,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: 2_000,
      keepAlive: 30_000,
    });
    let away = false;
    redis.on("error", (error: Error) => {
      if (!away)
        this.#log.warn(
          { err: withoutCommand(error), connection: "results" },
          "redis is unreachable; trying again until it is back",
        );
      away = true;
    });
    redis.on("ready", () => {
      away = false;
      this.#subscribe(redis, [...this.#callbacks.keys()]);
    });
    redis.on("message", (channel: string) => {
      this.#tell(channel);
    });
    return redis;
  }

  /** A subscription that fails does so with its connection, and is made again with the next. */
  #subscribe(redis: MeteredRedis, channels: readonly string[]): void {
    if (channels.length === 0) return;
    redis.subscribe(...channels).then(
      () => {
        for (const channel of channels) this.#tell(channel);
      },
      () => {
        if (redis === this.#redis) redis.disconnect(true);
      },
    );
  }

  #tell(channel: string): void {
    for (const callback of [...(this.#callbacks.get(channel) ?? [])]) callback();
  }
}
