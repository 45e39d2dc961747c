import type { Log } from "@plyr/docket";
import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { Rounds } from "../loops/rounds.js";
import { concernsOf } from "../operating/concerns.js";
import type { Outbox } from "../outbox/outbox.js";
import type { QueueSeen } from "../operating/docket-health.js";
import type { TaskServices } from "../tasks/services.js";
import { tellConcerns } from "./alerts.js";

/** Where there has never been a worker, one may be about to start; milliseconds. */
const PATIENCE = 60_000;

/** Where no worker is alive, so soon again; milliseconds. */
const LOOK_AGAIN = 20_000;

/**
 * Sees from an API process whether anybody works off what is in docket. Each look is a command to Redis, so it is taken
 * when the signs of life that the last one found have run out, and not before.
 */
export class QueueWatch {
  readonly #parts: ConstructorParameters<typeof QueueWatch>[0];
  readonly #rounds: Rounds;
  /** Monotonic; milliseconds. */
  #goodUntil = 0;
  readonly #began = performance.now();

  /** @param parts.interval milliseconds between two rounds; a round that finds the last look still good asks nobody */
  constructor(parts: {
    db: Kysely<Schema>;
    outbox: Outbox<TaskServices>;
    look: () => Promise<QueueSeen>;
    log: Log;
    interval?: number;
  }) {
    this.#parts = parts;
    const { log, interval = 5_000 } = parts;
    this.#rounds = new Rounds({ name: "watch over docket", round: () => this.#round(), interval, log });
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  async #round(): Promise<void> {
    if (performance.now() < this.#goodUntil) return;
    const { db, outbox, look } = this.#parts;
    const { mode, workers, workersGoodFor = 0, lastWorkerAt } = await look();
    // Away, it costs nothing to ask again.
    if (mode === "docket" && workers !== undefined)
      this.#goodUntil = performance.now() + (workers === 0 ? LOOK_AGAIN : workersGoodFor);
    if (workers === 0 && lastWorkerAt === undefined && performance.now() - this.#began < PATIENCE) return;
    // What a task in docket can't tell, because it doesn't run then. Of workers nothing is known while docket is away.
    const ours = workers === undefined ? ["docket away"] : ["docket away", "no worker"];
    await tellConcerns({ db, outbox }, concernsOf({ mode, workers, lastWorkerAt }), (concern) =>
      ours.includes(concern),
    );
  }
}
