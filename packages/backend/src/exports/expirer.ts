import type { Log } from "@plyr/docket";
import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { Rounds } from "../loops/rounds.js";
import type { Outbox } from "../outbox/outbox.js";
import type { TaskServices } from "../tasks/services.js";
import { clearExport } from "./clear-export.js";

export interface ExpirerParts {
  readonly db: Kysely<Schema>;
  readonly outbox: Outbox<TaskServices>;
  readonly log: Log;
  /** From the end of one round to the next; milliseconds, default 60,000. */
  readonly interval?: number;
}

/** An export that is over is shown this many days longer than its archive is kept. */
const REMEMBERED = 30;
/** Exports in one round. */
const BATCH = 100;

/**
 * Ends exports whose time is over, and has cleared away what exports that are over still have in the storage. With
 * nothing to do, a round is three statements.
 */
export class Expirer {
  readonly #parts: ExpirerParts;
  readonly #rounds: Rounds;

  constructor(parts: ExpirerParts) {
    this.#parts = parts;
    this.#rounds = new Rounds({
      name: "expirer",
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

  /** One round, now. @returns how many exports are to be cleared away */
  async round(): Promise<number> {
    const { db } = this.#parts;
    await db
      .updateTable("exports")
      .set({ status: "expired", reason: "Its time was over" })
      .where("status", "=", "done")
      .where("expires_at", "<=", sql<Date>`now()`)
      .execute();
    await db
      .deleteFrom("exports")
      .where("file_key", "is", null)
      .where("ended_at", "<", sql<Date>`now() - make_interval(days => ${REMEMBERED})`)
      .where(sql<boolean>`coalesce(expires_at, ended_at) < now() - make_interval(days => ${REMEMBERED})`)
      .execute();
    return this.#clear();
  }

  async #clear(): Promise<number> {
    return this.#parts.outbox.transact(async (tx, schedule) => {
      const left = await tx
        .selectFrom("exports")
        .select(["id", "did"])
        .where("file_key", "is not", null)
        .where("status", "not in", ["waiting", "running", "done"])
        // Somebody is about to see to it already.
        .where(
          sql<boolean>`not exists (
            select 1 from intents where state = 'open' and payload ->> 'exportId' = exports.id::text
          )`,
        )
        .orderBy("ended_at")
        .limit(BATCH)
        .forUpdate()
        .skipLocked()
        .execute();
      for (const { id, did } of left) await schedule(clearExport, { exportId: id, owner: did });
      return left.length;
    });
  }
}
