import type { Log } from "@plyr/docket";
import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { Rounds } from "../loops/rounds.js";

export interface RecordKeeperParts {
  readonly db: Kysely<Schema>;
  readonly log: Log;
  /** Milliseconds. */
  readonly keep: number;
  /** Rows. */
  readonly most: number;
  /** Default: a minute. */
  readonly interval?: number;
}

/** Keeps the table `records` from growing: what is too old goes, and of too much the oldest. */
export class RecordKeeper {
  readonly #parts: RecordKeeperParts;
  readonly #rounds: Rounds;

  constructor(parts: RecordKeeperParts) {
    const { log, interval = 60_000 } = parts;
    this.#parts = parts;
    this.#rounds = new Rounds({ name: "record keeper", round: () => this.round(), interval, log });
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  async round(): Promise<void> {
    const { db, keep, most } = this.#parts;
    await db
      .deleteFrom("records")
      .where("start_timestamp", "<", sql<Date>`now() - ${keep}::float8 * interval '1 millisecond'`)
      .execute();
    await sql`
      delete from records where id <= (select id from records order by id desc offset ${most} limit 1)
    `.execute(db);
  }
}
