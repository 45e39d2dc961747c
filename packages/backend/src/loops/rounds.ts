import type { Log } from "@plyr/docket";

export interface RoundsOptions {
  /** Names the loop in the log. */
  readonly name: string;
  /** One round. What it throws is logged, and the next round is the retry. */
  readonly round: () => Promise<unknown>;
  /** From the end of one round to the next; milliseconds. */
  readonly interval: number;
  readonly log: Log;
}

/**
 * Goes round again and again, one round at a time, the first one at once.
 *
 * `start` and `stop` may each come twice, and `stop` before `start`; `stop` waits for the round that is going on.
 */
export class Rounds {
  readonly #options: RoundsOptions;
  #timer: NodeJS.Timeout | undefined;
  #underway: Promise<void> = Promise.resolve();
  #running = false;
  #busy = false;
  /** From the end of the round that is going on. */
  #pause = 0;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    if (!this.#busy) this.#next(0);
  }

  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    await this.#underway;
  }

  /** A round at once, or right after the one that is going on. Without effect unless started. */
  soon(): void {
    if (!this.#running) return;
    this.#pause = 0;
    if (!this.#busy) this.#next(0);
  }

  #next(delay: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#underway = this.#goRound();
    }, delay);
  }

  async #goRound(): Promise<void> {
    const { name, round, interval, log } = this.#options;
    this.#busy = true;
    this.#pause = interval;
    try {
      await round();
    } catch (err) {
      // A database that is away for a while must not end the loop.
      log.error({ err }, `a round of the ${name} failed; trying again`);
    }
    this.#busy = false;
    if (this.#running) this.#next(this.#pause);
  }
}
