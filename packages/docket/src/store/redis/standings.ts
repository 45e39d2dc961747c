import type { Standing } from "./replies.js";

/** For so long the answer to a worker's call stands for what the store would answer: less than it is counted on beyond its sleep. */
const FRESH_MS = 14_000;
/** Where the two clocks of this machine part by more, it has slept, or its time was set. */
const AGREED_MS = 500;

interface Clocks {
  readonly steady: number;
  readonly wall: number;
}

/**
 * What the last answers told the workers of this process, so that their next calls spare the store the same questions: the
 * time, until when they are counted on, and what stands of their slots.
 */
export class Standings {
  readonly #standings = new Map<string, Standing & { readonly answeredAt: Clocks }>();

  /** Arguments of `settle`; empty ones where the answer is too old, or wasn't heard. */
  told(worker: string): [about: string, aliveUntil: string, slots: string] {
    const standing = this.#standings.get(worker);
    if (standing === undefined) return ["", "", ""];
    const { steady, wall } = standing.answeredAt;
    const age = performance.now() - steady;
    if (age > FRESH_MS || Math.abs(Date.now() - wall - age) > AGREED_MS) return ["", "", ""];
    return [String(Math.round(standing.now + age)), standing.aliveUntil, standing.slots];
  }

  heard(worker: string, standing: Standing): void {
    this.#standings.set(worker, { ...standing, answeredAt: { steady: performance.now(), wall: Date.now() } });
  }

  forget(worker: string): void {
    this.#standings.delete(worker);
  }
}
