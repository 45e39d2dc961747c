/** Holds an engine to it that each task ran, and ran once: speed counts for nothing where that isn't so. */
export class Tally {
  readonly #who: string;
  readonly #runs: Uint8Array;
  readonly #all = Promise.withResolvers<undefined>();
  #seen = 0;

  /** Of tasks 0 to `count` - 1. */
  constructor(who: string, count: number) {
    this.#who = who;
    this.#runs = new Uint8Array(count);
  }

  /** @throws when it ran before, or was never added */
  note(n: number): void {
    const before = this.#runs[n];
    if (before !== 0) {
      const trouble = new Error(
        `${this.#who} ran task ${String(n)} ${before === undefined ? "unasked" : "twice"}`,
      );
      this.#all.reject(trouble);
      throw trouble;
    }
    this.#runs[n] = 1;
    this.#seen += 1;
    if (this.#seen === this.#runs.length) this.#all.resolve(undefined);
  }

  /** Resolves when all have run. @throws as `note` did */
  get all(): Promise<undefined> {
    return this.#all.promise;
  }
}
