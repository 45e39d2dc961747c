import { StoreUnavailable, type DeadLetter as QueueLetter, type Docket } from "@plyr/docket";
import type { Kysely, Transaction } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.js";
import type { Outbox } from "../outbox/outbox.js";
import { unmarkFailed } from "../records/pds-record.js";
import type { RegisteredTask } from "../tasks/registry.js";
import type { TaskServices } from "../tasks/services.js";
import type { DeadLetter } from "./dead-letter.js";

/** There is no dead letter of this id (any more). */
export class UnknownLetter extends Error {
  override readonly name = "UnknownLetter";
}

/** This version of the service doesn't know the task, so nothing could carry it out. */
export class UnknownTask extends Error {
  override readonly name = "UnknownTask";
}

export interface DeadLettersParts {
  readonly db: Kysely<Schema>;
  readonly outbox: Outbox<TaskServices>;
  /** Where tasks die: each keeps how. */
  readonly queues: readonly Pick<Docket<TaskServices>, "deadLetters" | "discard">[];
  readonly registry: readonly RegisteredTask[];
}

/** What the queues are asked for: their newest. */
const NEWEST = 1_000;

/** Work that was accepted and given up. The database has all of it, and the queues how the newest of it died. */
export class DeadLetters {
  readonly #parts: DeadLettersParts;

  constructor(parts: DeadLettersParts) {
    this.#parts = parts;
  }

  /** The newest first. @param limit at most this many */
  async list(limit: number, task?: string): Promise<DeadLetter[]> {
    const [rows, deaths] = await Promise.all([
      this.#rows()
        .$if(task !== undefined, (query) => query.where("task", "=", task ?? ""))
        .limit(limit)
        .execute(),
      this.#deaths(),
    ]);
    return rows.map((row) => letterOf(row, deaths.get(row.id)));
  }

  /** @throws {UnknownLetter} */
  async show(id: string): Promise<DeadLetter> {
    const row = await this.#rows().where("id", "=", id).executeTakeFirst();
    if (row === undefined) throw unknown(id);
    return letterOf(row, (await this.#deaths()).get(id));
  }

  /**
   * Has it carried out after all, as if it were accepted now.
   *
   * @returns the new intent's id
   * @throws {UnknownLetter} {UnknownTask} {InvalidPayload}
   */
  async replay(id: string): Promise<string> {
    const replayed = await this.#parts.outbox.transact(async (tx, schedule) => {
      const { task: name, payload } = await takeDead(tx, id);
      const known = this.#parts.registry.find(({ task }) => task.name === name);
      if (known === undefined) throw new UnknownTask(`no task of this version is named ${name}`);
      const about = z.object({ recordId: z.uuid() }).safeParse(payload);
      if (about.success) await unmarkFailed(tx, about.data.recordId);
      return schedule(known.task, payload);
    });
    await this.#forget(id);
    return replayed;
  }

  /** Throws it away. What it was about stays given up. @throws {UnknownLetter} */
  async discard(id: string): Promise<void> {
    await this.#parts.db.transaction().execute((tx) => takeDead(tx, id));
    await this.#forget(id);
  }

  /** The ids of all of them, or of one task's; the oldest first. */
  async ids(task?: string): Promise<string[]> {
    const rows = await this.#parts.db
      .selectFrom("intents")
      .select("id")
      .where("state", "=", "dead")
      .$if(task !== undefined, (query) => query.where("task", "=", task ?? ""))
      .orderBy("created_at")
      .execute();
    return rows.map(({ id }) => id);
  }

  #rows() {
    return this.#parts.db
      .selectFrom("intents")
      .select(["id", "task", "payload", "subject", "reason", "created_at"])
      .where("state", "=", "dead")
      .orderBy("created_at", "desc");
  }

  /** By the intents' ids. What can't be asked tells nothing: the database's own words are enough to act on. */
  async #deaths(): Promise<Map<string, QueueLetter>> {
    const letters = await Promise.all(
      this.#parts.queues.map((queue) => unlessAway(() => queue.deadLetters(NEWEST), [])),
    );
    return new Map(
      letters.flat().flatMap((letter) => (letter.key === undefined ? [] : [[letter.key, letter]])),
    );
  }

  /** The queue's own letter is of no more use; where it can't be reached, it stays there until its time is over. */
  async #forget(id: string): Promise<void> {
    for (const queue of this.#parts.queues) {
      await unlessAway(async () => {
        const letter = (await queue.deadLetters(NEWEST)).find(({ key }) => key === id);
        return letter !== undefined && queue.discard(letter.id);
      }, false);
    }
  }
}

/** Takes a dead intent out; of two who want it, one gets it. */
async function takeDead(tx: Transaction<Schema>, id: string) {
  const row = await tx
    .deleteFrom("intents")
    .where("id", "=", id)
    .where("state", "=", "dead")
    .returning(["task", "payload"])
    .executeTakeFirst();
  if (row === undefined) throw unknown(id);
  return row;
}

function unknown(id: string): UnknownLetter {
  return new UnknownLetter(`there is no dead letter ${id} (any more)`);
}

async function unlessAway<T>(ask: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof StoreUnavailable) return otherwise;
    throw error;
  }
}

function letterOf(
  row: Pick<DeadLetter, "id" | "task" | "payload" | "subject" | "reason"> & { created_at: Date },
  death: QueueLetter | undefined,
): DeadLetter {
  const { created_at, ...letter } = row;
  return {
    ...letter,
    acceptedAt: created_at.toISOString(),
    lastRun:
      death === undefined
        ? null
        : {
            diedAt: death.diedAt.toISOString(),
            attempt: death.attempt ?? null,
            error: death.error?.message ?? null,
            stack: death.error?.stack ?? null,
          },
  };
}
