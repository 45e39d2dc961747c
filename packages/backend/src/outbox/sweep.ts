import type { Log } from "@plyr/docket";
import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Dispatcher } from "./dispatcher.js";
import { claimDueIntents } from "./intents.js";

/** Intents looked at per query. */
const BATCH = 500;

export interface SweepParts<Services> {
  readonly db: Kysely<Schema>;
  readonly dispatcher: Dispatcher<Services>;
  readonly bury: (intentId: string, reason: string) => Promise<void>;
  readonly log: Log;
  /** From the end of one round to the next; milliseconds. */
  readonly interval: number;
}

/**
 * Looks after open intents: hands over again what no queue knows (its process died before telling docket, or Redis
 * lost it), and ends what the queues have given up. With nothing due, a round is one query.
 *
 * `start` and `stop` may each come twice, and `stop` before `start`; `stop` waits for the round that is going on.
 */
export class Sweep<Services> {
  readonly #parts: SweepParts<Services>;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #running = false;

  constructor(parts: SweepParts<Services>) {
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

  /** One round, now: every intent whose check is due. */
  async round(): Promise<void> {
    await this.#parts.dispatcher.probe();
    for (;;) {
      const due = await claimDueIntents(this.#parts.db, BATCH);
      if (due.length > 0) await this.#lookAfter(due);
      if (due.length < BATCH) return;
    }
  }

  async #lookAfter(due: Awaited<ReturnType<typeof claimDueIntents>>): Promise<void> {
    const { dispatcher, bury } = this.#parts;
    const known = await dispatcher.find(due.map(({ id }) => id));
    const lost = due.filter(({ id }) => (known.get(id)?.state ?? "unknown") === "unknown");
    if (lost.length > 0) await dispatcher.handOver(lost);
    for (const { id } of due) {
      const found = known.get(id);
      if (found?.state === "dead") await bury(id, found.reason);
    }
  }

  #next(delay: number): void {
    this.#timer = setTimeout(() => {
      this.#round = this.#guardedRound();
    }, delay);
  }

  async #guardedRound(): Promise<void> {
    try {
      await this.round();
    } catch (err) {
      // A database that is away for a while must not end the sweep: the next round is the retry.
      this.#parts.log.error({ err }, "a round of the sweep failed; trying again");
    }
    if (this.#running) this.#next(this.#parts.interval);
  }
}
