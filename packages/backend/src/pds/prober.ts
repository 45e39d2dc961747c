import type { Log } from "@plyr/docket";
import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { claimOver, dueForTrial, endAway, forgetHold, type Hold } from "./holds.js";

export interface ProberParts {
  readonly db: Kysely<Schema>;
  /** Has one of the calls made that wait for a host; false: none waits. */
  readonly tryOne: (host: string) => Promise<boolean>;
  /** Lets all go on that a hold has kept. */
  readonly release: (hold: Hold) => Promise<void>;
  readonly log: Log;
  /** From the end of one round to the next; milliseconds. */
  readonly interval: number;
}

/** Hosts tried per round. */
const HOSTS = 50;
/** From the first time that all is let go on to the second; milliseconds. */
const BETWEEN_PASSES = 2_000;

/**
 * Has hosts that are away tried when their time has come, and lets go on what a hold has kept when it is over. With nothing
 * due, a round is two small queries.
 *
 * `start` and `stop` may each come twice, and `stop` before `start`; `stop` waits for the round that is going on.
 */
export class Prober {
  readonly #parts: ProberParts;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #running = false;
  #busy = false;
  /** From the end of the round that is going on. */
  #nextPause = 0;

  constructor(parts: ProberParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#next(0);
  }

  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    await this.#round;
  }

  /** Something is known to be over: a round at once, or right after the one that is going on. */
  soon(): void {
    if (!this.#running) return;
    this.#nextPause = 0;
    if (!this.#busy) this.#next(0);
  }

  /** One round, now. */
  async round(): Promise<void> {
    const { db, tryOne, release } = this.#parts;
    for (const host of await dueForTrial(db, HOSTS)) {
      // Nobody is left to find out whether it works; whoever comes next will.
      if (!(await tryOne(host))) await endAway(db, host);
    }
    for (const hold of await claimOver(db, BETWEEN_PASSES)) {
      await release(hold);
      if (hold.tries <= 0) await forgetHold(db, hold);
    }
  }

  #next(delay: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#round = this.#guardedRound();
    }, delay);
  }

  async #guardedRound(): Promise<void> {
    this.#busy = true;
    this.#nextPause = this.#parts.interval;
    try {
      await this.round();
    } catch (err) {
      // A database that is away for a while must not end this loop: the next round is the retry.
      this.#parts.log.error({ err }, "a round of the prober failed; trying again");
    }
    this.#busy = false;
    if (this.#running) this.#next(this.#nextPause);
  }
}
