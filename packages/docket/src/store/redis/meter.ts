import { Redis, type RedisOptions } from "ioredis";
import { NONE, type CommandCounts } from "../sight.js";

export type Purpose = keyof CommandCounts;

/** Counts the commands that one docket sends, over all of its connections. */
export class Meter {
  readonly #counts: Record<Purpose, number> = { ...NONE };

  count(purpose: Purpose): void {
    this.#counts[purpose] += 1;
  }

  get counts(): CommandCounts {
    return { ...this.#counts };
  }
}

type Send = Redis["sendCommand"];

/** A client whose commands are counted where they leave: also those that it sends of its own accord when it connects. */
export class MeteredRedis extends Redis {
  readonly #meter: Meter;
  #purpose: Purpose = "other";

  constructor(meter: Meter, url: string, options: Omit<RedisOptions, "replyMapping">) {
    super(url, options);
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
