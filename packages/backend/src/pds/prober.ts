import type { Log } from "@plyr/docket";
import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { Rounds } from "../loops/rounds.js";
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
 */
export class Prober {
  readonly #parts: ProberParts;
  readonly #rounds: Rounds;

  constructor(parts: ProberParts) {
    this.#parts = parts;
    this.#rounds = new Rounds({
      name: "prober",
      round: () => this.round(),
      interval: parts.interval,
      log: parts.log,
    });
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** Something is known to be over: a round at once, or right after the one that is going on. */
  soon(): void {
    this.#rounds.soon();
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
}
