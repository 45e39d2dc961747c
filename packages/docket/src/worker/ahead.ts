import type { Claim } from "../store/store.js";

/** Tasks of how many ms of the worker's own pace are claimed ahead. */
const AHEAD_MS = 8;
/** With those that run at most so many, or as many again as run: half of them fill a call that costs little more than one for few. */
const TOGETHER = 200;
/** How long a claim may lie ahead before it is handed back: others may have room for it. */
const PATIENCE_MS = 50;

/**
 * Tasks that are claimed a little ahead, so that a slot is refilled without waiting for Redis. Only where tasks are tiny:
 * from `concurrency` × 8 ms of run time on, nothing is. What lies too long goes back, and nothing more is asked for until a
 * task has ended.
 */
export class Ahead {
  readonly #concurrency: number;
  readonly #giveBack: (claims: readonly Claim[]) => void;
  #claims: Claim[] = [];
  /** Moving mean of run times. */
  #meanMs = Infinity;
  #open = true;
  #timer: NodeJS.Timeout | undefined;

  constructor(concurrency: number, giveBack: (claims: readonly Claim[]) => void) {
    this.#concurrency = concurrency;
    this.#giveBack = giveBack;
  }

  get size(): number {
    return this.#claims.length;
  }

  /** How many more to ask for. */
  get wanted(): number {
    if (!this.#open) return 0;
    const most = Math.max(this.#concurrency, TOGETHER - this.#concurrency);
    const target = Math.min(most, Math.floor((this.#concurrency * AHEAD_MS) / this.#meanMs));
    return Math.max(0, target - this.#claims.length);
  }

  /** A task has ended after so many ms. */
  ended(ms: number): void {
    const took = Math.max(ms, 0.01);
    this.#meanMs = this.#meanMs === Infinity ? took : this.#meanMs + (took - this.#meanMs) / 16;
    this.#open = true;
  }

  put(claim: Claim): void {
    this.#claims.push(claim);
    this.#timer ??= setTimeout(() => {
      this.#open = false;
      this.#giveBack(this.clear());
    }, PATIENCE_MS);
  }

  /** The next to run; those that are left are given their patience anew, since there is a pace. */
  take(): Claim | undefined {
    const claim = this.#claims.shift();
    if (this.#claims.length > 0) this.#timer?.refresh();
    else this.clear();
    return claim;
  }

  /** Takes out the one of this id. */
  remove(id: string): Claim | undefined {
    const found = this.#claims.find((claim) => claim.id === id);
    this.#claims = this.#claims.filter((claim) => claim !== found);
    return found;
  }

  /** Takes out all. */
  clear(): readonly Claim[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#claims.splice(0);
  }
}
