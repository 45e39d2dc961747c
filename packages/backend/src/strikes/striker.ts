import { StoreUnavailable, type Docket, type Log, type Where } from "@plyr/docket";
import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { Rounds } from "../loops/rounds.js";
import type { TaskServices } from "../tasks/services.js";
import { readStrikes, type Struck } from "./strikes.js";
import { showRestored, showStruck } from "./struck-rows.js";

export interface StrikerParts {
  readonly db: Kysely<Schema>;
  /** Docket, if it is enabled, and the queue in this process. */
  readonly queues: readonly Pick<Docket<TaskServices>, "strike" | "restore" | "strikes">[];
  readonly log: Log;
  /** From the end of one round to the next; milliseconds. */
  readonly interval: number;
}

/**
 * Has the queues know what the database says is struck, so that they hold it where it costs nothing. A strike holds without
 * that: whoever carries something out asks the database. With nothing struck, a round is one small query.
 */
export class Striker {
  readonly #parts: StrikerParts;
  readonly #rounds: Rounds;
  /** By queue, what it has been told; undefined: not known, so it is asked. */
  readonly #told = new Map<StrikerParts["queues"][number], Map<string, Known>>();
  #shown = new Map<string, Struck>();

  constructor(parts: StrikerParts) {
    this.#parts = parts;
    this.#rounds = new Rounds({
      name: "striker",
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

  /** A queue has started what is struck: it has forgotten, or was never told. */
  tellAgain(): void {
    this.#told.clear();
    this.#rounds.soon();
  }

  /** One round, now. */
  async round(): Promise<void> {
    const { db, queues } = this.#parts;
    const standing = new Map((await readStrikes(db)).map((strike) => [nameOf(strike), strike]));
    for (const queue of queues) await this.#tell(queue, standing);
    for (const strike of standing.values()) await showStruck(db, strike);
    for (const [name, { because }] of this.#shown)
      if (standing.get(name)?.because !== because) await showRestored(db, because);
    this.#shown = standing;
  }

  /** What can't be told now is told in a later round. */
  async #tell(queue: StrikerParts["queues"][number], standing: ReadonlyMap<string, Struck>): Promise<void> {
    try {
      const told = this.#told.get(queue) ?? (await strikesIn(queue));
      this.#told.set(queue, told);
      for (const [name, { task, where, because }] of standing) {
        if (told.get(name)?.reason === because) continue;
        await queue.strike(task, whereOf(where), because);
        told.set(name, { task, where, reason: because });
      }
      for (const [name, { task, where }] of told) {
        if (standing.has(name)) continue;
        await queue.restore(task, whereOf(where));
        told.delete(name);
      }
    } catch (error) {
      this.#told.delete(queue);
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }
}

interface Known {
  readonly task: string;
  readonly where: Where;
  readonly reason: string;
}

async function strikesIn(queue: Pick<Docket<TaskServices>, "strikes">): Promise<Map<string, Known>> {
  const strikes = await queue.strikes();
  return new Map(
    strikes.map(({ task, where = {}, reason }) => [nameOf({ task, where }), { task, where, reason }]),
  );
}

function nameOf({ task, where }: Pick<Struck, "task" | "where">): string {
  const fields = Object.entries(where).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([task, fields]);
}

function whereOf(where: Where): Where | undefined {
  return Object.keys(where).length === 0 ? undefined : where;
}
