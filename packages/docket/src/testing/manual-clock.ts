import { milliseconds, type Duration } from "../time/duration.js";
import type { Clock } from "../time/clock.js";

/** A clock that stands still until it is told to move. Pass one to `Docket.open({ clock })` in a test. */
export class ManualClock implements Clock {
  #now: number;
  readonly #callbacks = new Set<() => void>();

  /** @param start milliseconds since the epoch */
  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  onJump(callback: () => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  /** Moves the clock on; workers that sleep until a time that has come wake up. */
  advance(by: Duration): void {
    this.#now += milliseconds(by, "the step of the clock");
    for (const callback of [...this.#callbacks]) callback();
  }
}
