import { StoreUnavailable } from "../../errors.js";
import type { Log } from "../../log.js";
import type { Server } from "./address.js";
import { MeteredRedis, type Meter, type Purpose } from "./meter.js";
import { movedTo } from "./nodes.js";
import type { Script } from "./scripts.js";
import { silence, whyUnreachable } from "./unreachable.js";

/** A call that isn't answered within this time counts as failed; it may still be carried out later. */
const ANSWER_MS = 1_000;

/** How often in a row one node of a cluster may send a call on to another. */
const MOVES = 3;

/**
 * One connection to Redis that comes back by itself. Calls fail with `StoreUnavailable` rather than wait for a server
 * that is away: whoever calls knows what to do instead.
 */
export class Connection {
  readonly #redis: MeteredRedis;
  #closed = false;
  /** Why it can't be reached, while it can't. */
  #trouble: string | undefined;
  #dropped = false;

  constructor(server: Server, log: Log, role: "calls" | "listener", meter: Meter) {
    this.#redis = new MeteredRedis(meter, server, {
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: 2_000,
      keepAlive: 30_000,
      enableReadyCheck: true,
      // Who waits long for an answer wouldn't notice by itself that another server has taken over.
      failoverDetector: role === "listener",
    });
    // As many as wait for a result listen for its return.
    this.#redis.setMaxListeners(0);
    let away = false;
    this.#redis.on("error", (error: Error) => {
      this.#trouble = whyUnreachable(error);
      if (!away)
        log.warn(
          { err: withoutCommand(error), connection: role },
          "redis is unreachable; trying again until it is back",
        );
      away = true;
    });
    this.#redis.on("ready", () => {
      if (away) log.info({ connection: role }, "redis is back");
      away = false;
      this.#trouble = undefined;
    });
  }

  /** Calls back each time that the connection stands (again); returns how to stop that. */
  onReady(callback: () => void): () => void {
    this.#redis.on("ready", callback);
    return () => this.#redis.off("ready", callback);
  }

  /** Calls back when another connection stands in the place of one that was given up. */
  onReplaced(callback: () => void): void {
    this.#redis.on("ready", () => {
      if (this.#dropped) callback();
      this.#dropped = false;
    });
  }

  /** Calls a transition, loading it where the server doesn't have it (any more). */
  async script(
    script: Script,
    prefix: string,
    argv: (string | number)[],
    purpose: Purpose,
  ): Promise<unknown> {
    return this.#following(ANSWER_MS, script.name, async (redis) => {
      try {
        return await redis.sendFor(purpose, () => redis.evalsha(script.sha, 1, prefix, ...argv));
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
        return await redis.sendFor(purpose, () => redis.eval(script.source, 1, prefix, ...argv));
      }
    });
  }

  /** `BLPOP`; null when nothing came within `ms` (Redis counts from when it gets the command). */
  async pop(keys: string[], ms: number): Promise<[string, string] | null> {
    return this.#following(ms + 5_000, "blpop", (redis) =>
      redis.sendFor("waiting", () => redis.blpop(keys, ms / 1_000)),
    );
  }

  /** @param section as Redis names it; by default those that Redis tells by default */
  async info(section = "default"): Promise<string> {
    const redis = await this.#ready();
    return this.#within(ANSWER_MS, "info", () => redis.info(section)).catch((error: unknown) => {
      throw unavailable(error);
    });
  }

  /** Drops the connection and makes a new one. */
  drop(): void {
    if (this.#closed) return;
    this.#dropped = true;
    this.#redis.disconnect(true);
  }

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
    this.#redis.disconnect();
  }

  get #stands(): boolean {
    return !this.#closed && this.#redis.status === "ready";
  }

  async #ready(): Promise<MeteredRedis> {
    if (this.#closed) throw new StoreUnavailable("the docket is closed");
    if (this.#stands) return this.#redis;
    if (this.#redis.status === "wait") {
      // Failing to connect is told through "error" and through the time limit below.
      this.#redis.connect().catch(() => undefined);
    }
    await new Promise<void>((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.#redis.off("ready", ready);
        this.#redis.off("end", ended);
        act();
      };
      const ready = (): void => {
        settle(resolve);
      };
      const ended = (): void => {
        settle(() => {
          reject(new StoreUnavailable("the docket is closed"));
        });
      };
      const timer = setTimeout(() => {
        settle(() => {
          const why = this.#trouble ?? silence(ANSWER_MS);
          reject(new StoreUnavailable(`redis can't be reached: ${why}`));
          // Connected, and then silent: another try may come to another one.
          if (this.#redis.status === "connect") this.drop();
        });
      }, ANSWER_MS);
      this.#redis.once("ready", ready);
      this.#redis.once("end", ended);
    });
    return this.#redis;
  }

  /** Makes a call that one node of a cluster may send on to another. @throws IncompatibleStore, StoreUnavailable */
  async #following<T>(ms: number, what: string, act: (redis: MeteredRedis) => Promise<T>): Promise<T> {
    for (let moves = 0; ; moves += 1) {
      // Without a pause where it stands: a call is on its way before whoever makes it goes on.
      const redis = this.#stands ? this.#redis : await this.#ready();
      if (redis.refusal !== undefined) throw redis.refusal;
      try {
        return await this.#within(ms, what, () => act(redis));
      } catch (error) {
        const moved = redis.follow((asked) => movedTo(error, asked));
        this.#dropped ||= moved;
        if (!moved || moves >= MOVES) throw unavailable(error);
        await new Promise((resolve) => void redis.once("close", resolve));
      }
    }
  }

  /**
   * A server that lets one call wait is asked nothing more on this line: all that was sent would be carried out when it
   * wakes, though nobody waits for it any more. The next line is used once the server has answered on it.
   */
  async #within<T>(ms: number, what: string, act: () => Promise<T>): Promise<T> {
    const acting = act();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new StoreUnavailable(`redis doesn't answer (${what}: nothing within ${String(ms)} ms)`));
        this.drop();
      }, ms);
    });
    try {
      return await Promise.race([acting, late]);
    } catch (error) {
      if (isReplica(error)) this.drop();
      throw withoutCommand(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** It can't serve now, or not us, or only half of us (a slot on its way to another node). The last line: what is said from within a script, and Upstash's words for used-up quotas. */
const CANNOT_SERVE = new RegExp(
  "^(LOADING|READONLY|NOAUTH|WRONGPASS|NOPERM|CLUSTERDOWN|MASTERDOWN|OOM|MISCONF|TRYAGAIN|MOVED|ASK)\\b|" +
    "^ERR (The user executing the script|DB capacity quota exceeded|max (daily )?requests? limit exceeded)",
);

/** What Redis itself answers (`WRONGTYPE …`) stays as it is, unless it says that it can't serve now. */
function unavailable(error: unknown): unknown {
  if (error instanceof StoreUnavailable || !(error instanceof Error)) return error;
  const answered = error.name === "ReplyError" && !CANNOT_SERVE.test(error.message);
  return answered ? error : new StoreUnavailable(`redis can't be used: ${error.message}`, { cause: error });
}

/** What the client's errors say of the command has its arguments in it: the password, or what somebody's task is about. */
export function withoutCommand<T>(error: T): T {
  if (error instanceof Error) Reflect.deleteProperty(error, "command");
  return error;
}

/** It was demoted, and the address leads to another by now, which only a new connection comes to. */
function isReplica(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("READONLY");
}
