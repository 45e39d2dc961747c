import type { Log } from "../../log.js";
import type { Message } from "../store.js";
import type { Server } from "./address.js";
import { Connection } from "./connection.js";
import { bellOf, inboxOf } from "./keys.js";
import type { Meter } from "./meter.js";
import * as reply from "./replies.js";

/** Blocking reads: they need connections of their own, one per worker. */
export class Inboxes {
  readonly #prefix: string;
  readonly #connect: () => Connection;
  readonly #connections = new Map<string, Connection>();

  constructor(prefix: string, server: Server, log: Log, meter: Meter) {
    this.#prefix = prefix;
    this.#connect = () => new Connection(server, log, "listener", meter);
  }

  async read(worker: string, ms: number, signal: AbortSignal): Promise<Message | undefined> {
    const connection = this.#connections.get(worker) ?? this.#connect();
    this.#connections.set(worker, connection);
    const stop = (): void => {
      this.#connections.delete(worker);
      connection.close();
    };
    if (signal.aborted) return undefined;
    signal.addEventListener("abort", stop, { once: true });
    try {
      const popped = await connection.pop([inboxOf(this.#prefix, worker), bellOf(this.#prefix)], ms);
      return popped === null ? undefined : reply.message(popped[1]);
    } catch (error) {
      if (connection.closed) return undefined;
      connection.drop();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Has all reads begin anew, on new connections. */
  drop(): void {
    for (const connection of this.#connections.values()) connection.drop();
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }
}
