import type { Log } from "@plyr/docket";

/** Durations in milliseconds. */
export interface LeaseTimes {
  /** How long a lease lasts without renewal: after a crash, its subject is free again this much later. */
  readonly length: number;
  /** How often it is renewed. */
  readonly renewal: number;
}

export const leaseTimes: LeaseTimes = { length: 30_000, renewal: 10_000 };

export interface LeaseRenewalParts {
  /** What is leased, for messages. */
  readonly name: string;
  /** @returns false when somebody else has it (or a part of it) by now */
  readonly renew: () => Promise<boolean>;
  readonly log: Log;
  readonly times: LeaseTimes;
  /** When the question for the lease left, as `performance.now()` gives it. */
  readonly asked: number;
}

/** Keeps a lease alive until it is stopped, and tells when it can't be. */
export class LeaseRenewal {
  readonly #parts: LeaseRenewalParts;
  readonly #lost = new AbortController();
  #stopped = false;
  #renewal: NodeJS.Timeout;
  #expiry: NodeJS.Timeout;

  constructor(parts: LeaseRenewalParts) {
    this.#parts = parts;
    this.#renewal = this.#renewLater();
    this.#expiry = this.#expireFrom(parts.asked);
  }

  /** Aborted as soon as somebody else may have the lease. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#renewal);
    clearTimeout(this.#expiry);
  }

  #renewLater(): NodeJS.Timeout {
    return setTimeout(() => void this.#renew(), this.#parts.times.renewal);
  }

  /** Counted from before the question left, so never later than the database's own end. */
  #expireFrom(asked: number): NodeJS.Timeout {
    const left = this.#parts.times.length - (performance.now() - asked);
    return setTimeout(() => {
      this.#lose("it could not be renewed in time");
    }, left);
  }

  async #renew(): Promise<void> {
    const { renew, log, name } = this.#parts;
    const asked = performance.now();
    try {
      const isOurs = await renew();
      if (this.#stopped) return;
      if (!isOurs) {
        this.#lose("somebody else has it");
        return;
      }
      clearTimeout(this.#expiry);
      this.#expiry = this.#expireFrom(asked);
    } catch (err) {
      // Not the end: the lease still holds, and the next renewal comes well before it runs out.
      log.warn({ err, subject: name }, "a subject's lease could not be renewed; trying again");
    }
    if (!this.#stopped) this.#renewal = this.#renewLater();
  }

  #lose(why: string): void {
    this.stop();
    this.#lost.abort(new Error(`the lease of ${this.#parts.name} is lost: ${why}`));
  }
}
