import type { Log } from "@plyr/docket";
import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { Rounds } from "../loops/rounds.js";
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
 */
export class Reaper {
  readonly #parts: ReaperParts;
  readonly #rounds: Rounds;

  constructor(parts: ReaperParts) {
    this.#parts = parts;
    this.#rounds = new Rounds({
      name: "reaper",
      round: () => this.round(),
      interval: parts.interval ?? 60_000,
      log: parts.log,
    });
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
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
}
