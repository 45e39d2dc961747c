import type { Log } from "@plyr/docket";
import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { Rounds } from "../loops/rounds.js";
import type { Dispatcher } from "./dispatcher.js";
import { claimDueIntents, type Intent } from "./intents.js";

/** Intents looked at per query. */
const BATCH = 500;

export interface SweepParts<Services> {
  readonly db: Kysely<Schema>;
  readonly dispatcher: Dispatcher<Services>;
  readonly bury: (intentId: string, reason: string) => Promise<void>;
  /**
   * Has what many intents ask for done in another way than by one task for each.
   *
   * @returns those that are left to be handed over; default: all of them
   */
  readonly gather?: (lost: readonly Intent[]) => Promise<readonly Intent[]>;
  readonly log: Log;
  /** From the end of one round to the next; milliseconds. */
  readonly interval: number;
}

/**
 * Looks after open intents: hands over again what no queue knows (its process died before telling docket, or Redis
 * lost it), and ends what the queues have given up. With nothing due, a round is one query.
 */
export class Sweep<Services> {
  readonly #parts: SweepParts<Services>;
  readonly #rounds: Rounds;

  constructor(parts: SweepParts<Services>) {
    this.#parts = parts;
    this.#rounds = new Rounds({
      name: "sweep",
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
    const { dispatcher, bury, gather } = this.#parts;
    const known = await dispatcher.find(due.map(({ id }) => id));
    const lost = due.filter(({ id }) => (known.get(id)?.state ?? "unknown") === "unknown");
    const single = gather === undefined ? lost : await gather(lost);
    if (single.length > 0) await dispatcher.handOver(single);
    for (const { id } of due) {
      const found = known.get(id);
      if (found?.state === "dead") await bury(id, found.reason);
    }
  }
}
