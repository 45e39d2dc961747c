/** How often a task must have lost its worker in a row to begin apart from others. */
const FROM = 2;
const APART_MS = 500;
const AT_MOST_MS = 60_000;

/**
 * One of the tasks that have lost two workers in a row may be what ends them, and the others stood beside it each time. So
 * these begin apart, the farther the oftener they were lost: what ends its worker does so alone.
 */
export class Apart {
  #last = 0;

  /** When a task that has lost so many workers in a row may begin. */
  turn(lost: number, now: number): number {
    if (lost < FROM) return now;
    this.#last = Math.min(Math.max(now, this.#last + APART_MS * 2 ** (lost - FROM)), now + AT_MOST_MS);
    return this.#last;
  }
}
