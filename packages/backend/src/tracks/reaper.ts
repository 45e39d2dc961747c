import type { Log } from "@plyr/docket";
import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Storage } from "../storage/storage.js";
import { discard, UNTOUCHED } from "./receive.js";

export interface ReaperParts {
  readonly db: Kysely<Schema>;
  readonly storage: Storage;
  readonly log: Log;
  /** From the end of one round to the next; milliseconds, default 60,000. */
  readonly interval?: number;
}

const LOST = "The upload broke off: the service was restarted in the middle of it. Upload the file again.";

/**
 * Ends uploads that nobody looks after any more, as when the process that took them in was killed, and clears away
 * files that belong to no track. With nothing to do, a round is one query.
 *
 * `start` and `stop` may each come twice, and `stop` before `start`; `stop` waits for the round that is going on.
 */
export class Reaper {
  readonly #parts: ReaperParts;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #running = false;

  constructor(parts: ReaperParts) {
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

  /** One round, now. @returns how many uploads were ended or cleared away */
  async round(): Promise<number> {
    const { db } = this.#parts;
    const stuck = await db
      .updateTable("uploads")
      .set({ touched_at: sql`now()` })
      .where("file_key", "is not", null)
      .where("touched_at", "<", sql<Date>`now() - ${UNTOUCHED}::float8 * interval '1 second'`)
      .returning(["id", "file_key"])
      .execute();
    for (const { id, file_key: key } of stuck) {
      if (key !== null) await discard(this.#parts, { uploadId: id, key }, LOST);
    }
    return stuck.length;
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
      // A database that is away for a while must not end the reaper: the next round is the retry.
      this.#parts.log.error({ err }, "a round of the reaper failed; trying again");
    }
    if (this.#running) this.#next(this.#parts.interval ?? 60_000);
  }
}
