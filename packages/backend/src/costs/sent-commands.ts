import type { CommandCounts, Log } from "@plyr/docket";
import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { Rounds } from "../loops/rounds.js";

/** Days that are kept. */
const KEEP_DAYS = 400;

/** Notes, day by day, what this process has sent to Redis. */
export class SentCommands {
  readonly #db: Kysely<Schema>;
  readonly #sent: () => CommandCounts;
  readonly #process: string;
  readonly #rounds: Rounds;
  #noted: Partial<Record<string, number>> = {};

  /**
   * @param parts.process its role
   * @param parts.interval milliseconds between two notes, default a minute; what was sent in it is counted to the day of its end
   */
  constructor(parts: {
    db: Kysely<Schema>;
    sent: () => CommandCounts;
    process: string;
    log: Log;
    interval?: number;
  }) {
    this.#db = parts.db;
    this.#sent = parts.sent;
    this.#process = parts.process;
    this.#rounds = new Rounds({
      name: "counting of commands",
      round: () => this.note(),
      interval: parts.interval ?? 60_000,
      log: parts.log,
    });
  }

  start(): void {
    this.#rounds.start();
  }

  /** With what has not been noted yet. */
  async stop(): Promise<void> {
    await this.#rounds.stop();
    await this.note();
  }

  async note(): Promise<void> {
    const counts = { ...this.#sent() };
    const fresh = Object.entries<number>(counts)
      .map(([purpose, count]) => ({ purpose, commands: count - (this.#noted[purpose] ?? 0) }))
      .filter(({ commands }) => commands > 0);
    if (fresh.length === 0) return;
    const day = sql<string>`to_char(now() at time zone 'utc', 'YYYY-MM-DD')`;
    await this.#db
      .insertInto("redis_commands")
      .values(fresh.map((row) => ({ day, process: this.#process, ...row })))
      .onConflict((conflict) =>
        conflict
          .columns(["day", "process", "purpose"])
          .doUpdateSet({ commands: sql`redis_commands.commands + excluded.commands` }),
      )
      .execute();
    this.#noted = counts;
    await this.#db
      .deleteFrom("redis_commands")
      .where(sql<boolean>`day < to_char(now() - ${KEEP_DAYS} * interval '1 day', 'YYYY-MM-DD')`)
      .execute();
  }
}
