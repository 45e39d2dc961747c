import { setTimeout as pause } from "node:timers/promises";
import type { Held } from "../store/store.js";
import { troubleAsJson } from "../task/payload.js";
import type { Progress } from "../task/task.js";

/** Between two reports of one run. */
const PACE_MS = 100;
const LONGEST = 4_096;

/** Sends the store what a run tells of its progress: one report at a time, and always the latest. */
export class Reporter implements Progress {
  readonly #held: Held;
  readonly #send: (held: Held, progress: string) => Promise<void>;
  readonly #end = new AbortController();
  #latest: string | undefined;
  #sending = false;

  constructor(held: Held, send: (held: Held, progress: string) => Promise<void>) {
    this.#held = held;
    this.#send = send;
  }

  set(value: unknown): void {
    const trouble = troubleAsJson(value, "the progress");
    if (trouble !== undefined) throw new RangeError(`${trouble}: give plain JSON values only`);
    const json = JSON.stringify(value);
    if (json.length > LONGEST)
      throw new RangeError(
        `the progress is ${String(json.length)} characters of JSON: give at most ${String(LONGEST)}`,
      );
    this.#latest = json;
    if (!this.#sending && !this.#end.signal.aborted) void this.#run();
  }

  /** The run is over: what wasn't sent isn't news any more. */
  stop(): void {
    this.#end.abort();
  }

  async #run(): Promise<void> {
    this.#sending = true;
    const { signal } = this.#end;
    while (this.#latest !== undefined && !signal.aborted) {
      const progress = this.#latest;
      this.#latest = undefined;
      // A report that doesn't arrive is made up for by the next: work doesn't wait for it.
      await this.#send(this.#held, progress).catch(() => undefined);
      await pause(PACE_MS, undefined, { signal }).catch(() => undefined);
    }
    this.#sending = false;
  }
}
