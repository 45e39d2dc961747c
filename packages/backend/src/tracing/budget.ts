/** Traces that may be begun at once after a quiet time, in seconds' worth of them. */
const BURST_SECONDS = 10;

/** How many traces a process may begin: so many a second, and what was left over of the last ten. Asked for each run, so it is cheap. */
export class TraceBudget {
  readonly #perSecond: number;
  #left: number;
  #at = performance.now();
  #refused = 0;

  /** @param perSecond 0: none */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond * BURST_SECONDS;
  }

  /** Traces that were not begun, since the process began. */
  get refused(): number {
    return this.#refused;
  }

  take(): boolean {
    const now = performance.now();
    const gained = ((now - this.#at) / 1_000) * this.#perSecond;
    this.#left = Math.min(this.#perSecond * BURST_SECONDS, this.#left + gained);
    this.#at = now;
    if (this.#left < 1) {
      this.#refused += 1;
      return false;
    }
    this.#left -= 1;
    return true;
  }
}
