import type { SpanRow } from "./span-row.js";

/**
 * Rows that wait to be written: a bounded number, so that a database that is away costs no memory. When there is no room,
 * what failed goes before what didn't, and what is left out is counted.
 */
export class RecordQueue {
  readonly #most: number;
  #failed: SpanRow[] = [];
  #others: SpanRow[] = [];
  #withoutRoom = 0;
  #unwritable = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#failed.length + this.#others.length;
  }

  /** Rows left out since the process began, because there was no room. */
  get withoutRoom(): number {
    return this.#withoutRoom;
  }

  /** Rows left out since the process began, because the database won't ever take them. */
  get unwritable(): number {
    return this.#unwritable;
  }

  put(row: SpanRow): void {
    if (this.size >= this.#most) {
      this.#withoutRoom += 1;
      if (row.level !== "error") return;
      // The oldest that tells of no failure makes room; where all do, the newest failure is left out.
      if (this.#others.shift() === undefined) return;
    }
    (row.level === "error" ? this.#failed : this.#others).push(row);
  }

  /** Takes out at most so many, failures first. */
  take(limit: number): SpanRow[] {
    const failed = this.#failed.splice(0, limit);
    return [...failed, ...this.#others.splice(0, limit - failed.length)];
  }

  /** What could not be written waits again. */
  putBack(rows: readonly SpanRow[]): void {
    for (const row of rows) this.put(row);
  }

  /** Counts rows that can't ever be written. */
  drop(count: number): void {
    this.#unwritable += count;
  }
}
