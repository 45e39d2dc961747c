import { Redis, type RedisOptions } from "ioredis";
import { NONE, type CommandCounts } from "../sight.js";

export type Purpose = keyof CommandCounts;

/** Counts the commands that one docket sends, over all of its connections. */
export class Meter {
  readonly #counts: Record<Purpose, number> = { ...NONE };

  count(purpose: Purpose, commands = 1): void {
    this.#counts[purpose] += commands;
  }

  get counts(): CommandCounts {
    return { ...this.#counts };
  }
}

/** Where a Redis is, and who may vouch for it. */
export interface Server {
  /** `redis:`, `rediss:`, or the path of a socket. */
  readonly url: string;
  /** For `rediss:`: certificates (PEM) of authorities; undefined: those that Node trusts. */
  readonly ca: string | undefined;
}

type Send = Redis["sendCommand"];

/** A client whose commands are counted where they leave: also those that it sends of its own accord when it connects. */
export class MeteredRedis extends Redis {
  readonly #meter: Meter;
  #purpose: Purpose = "other";

  constructor(meter: Meter, { url, ca }: Server, options: Omit<RedisOptions, "replyMapping" | "tls">) {
    super(url, ca === undefined ? options : { ...options, tls: { ca } });
    this.#meter = meter;
  }

  /** @param send sends one command before it returns */
  sendFor<T>(purpose: Purpose, send: () => T): T {
    this.#purpose = purpose;
    try {
      return send();
    } finally {
      this.#purpose = "other";
    }
  }

  override sendCommand(...args: Parameters<Send>): ReturnType<Send> {
    this.#meter.count(this.#purpose);
    return super.sendCommand(...args);
  }
}
