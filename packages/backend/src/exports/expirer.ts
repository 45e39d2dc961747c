import type { Log } from "@plyr/docket";
import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
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
 *
 * `start` and `stop` may each come twice, and `stop` before `start`; `stop` waits for the round that is going on.
 */
export class Expirer {
  readonly #parts: ExpirerParts;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #running = false;

  constructor(parts: ExpirerParts) {
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
        .select("id")
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
      for (const { id } of left) await schedule(clearExport, { exportId: id });
      return left.length;
    });
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
      // A database that is away for a while must not end the expirer: the next round is the retry.
      this.#parts.log.error({ err }, "a round of the expirer failed; trying again");
    }
    if (this.#running) this.#next(this.#parts.interval ?? 60_000);
  }
}
