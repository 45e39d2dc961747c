import { TimedOut } from "../errors.js";
import type { Log } from "../log.js";

/** How long a handler may go on after its signal was aborted for its timeout, before it is taken as failed all the same. */
const GRACE_MS = 5_000;

/** How long one run may take. */
export class TimeLimit {
  readonly #ms: number;
  readonly #task: string;
  readonly #id: string;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #givenUp = false;

  constructor(ms: number, task: string, id: string, log: Log) {
    this.#ms = ms;
    this.#task = task;
    this.#id = id;
    this.#log = log;
  }

  /** Nobody waits for its end any more: the time limit, which may be long, keeps no process from ending. */
  giveUp(): void {
    this.#givenUp = true;
    this.#timer?.unref();
  }

  /** What the handler comes to; one that doesn't heed its signal, which `abort` is for, isn't waited for. */
  keep(handled: Promise<unknown>, abort: (error: TimedOut) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#timer = setTimeout(() => {
        const error = new TimedOut(`${this.#task} took longer than its timeout of ${String(this.#ms)} ms`);
        abort(error);
        this.#timer = setTimeout(() => {
          this.#log.error(
            { task: this.#task, id: this.#id },
            "a handler goes on after its timeout: have it heed ctx.signal",
          );
          reject(error);
        }, GRACE_MS);
        if (this.#givenUp) this.#timer.unref();
      }, this.#ms);
      const over = (): void => {
        clearTimeout(this.#timer);
        resolve(handled);
      };
      handled.then(over, over);
    });
  }
}
