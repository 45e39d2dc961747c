import type { Claim, Held } from "../store/store.js";
import type { Progress } from "../task/task.js";
import { Reporter } from "./reporter.js";

/**
 * The signal and the progress of one delivery. Each is made when somebody looks: most handlers need neither, and both cost
 * more than a short run.
 */
export class Controls {
  readonly #claim: Claim;
  readonly #report: (held: Held, progress: string) => Promise<void>;
  #controller: AbortController | undefined;
  #reporter: Reporter | undefined;
  #reason: Error | undefined;

  /** @param report tells the store how far the run is (JSON) */
  constructor(claim: Claim, report: (held: Held, progress: string) => Promise<void>) {
    this.#claim = claim;
    this.#report = report;
  }

  /** Why the signal is aborted. */
  get reason(): Error | undefined {
    return this.#reason;
  }

  /** False where it was aborted before: the first reason stands. */
  abort(reason: Error): boolean {
    if (this.#reason !== undefined) return false;
    this.#reason = reason;
    this.#controller?.abort(reason);
    return true;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  get progress(): Progress {
    this.#reporter ??= new Reporter(this.#claim, this.#report);
    return this.#reporter;
  }

  /** The run is over: what wasn't told of its progress isn't news any more. */
  end(): void {
    this.#reporter?.stop();
  }
}
