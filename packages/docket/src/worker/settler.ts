import { StoreUnavailable } from "../errors.js";
import type { Log } from "../log.js";
import type { Settled, Settlement, SettleRequest, Store } from "../store/store.js";

/** Pause before the store is tried again. */
const AWAY_MS = 250;
/** Settlements that travel together at most. */
const BATCH = 250;

/**
 * Makes the calls that report and claim: all that falls into one turn of the event loop travels in one, there is one at a
 * time, and none while nothing has changed and no time has come. What can't be told is kept until it can.
 */
export class Settler {
  readonly #store: Store;
  readonly #log: Log;
  readonly #on: { request(settlements: Settlement[]): SettleRequest; settled(settled: Settled): void };
  #waiting: Settlement[] = [];
  #calling = false;
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(store: Store, log: Log, on: { request(settlements: Settlement[]): SettleRequest; settled(settled: Settled): void }) {
    this.#store = store;
    this.#log = log;
    this.#on = on;
  }

  /** Something is told, or being told. */
  get busy(): boolean {
    return this.#waiting.length > 0 || this.#calling;
  }

  push(settlement: Settlement): void {
    this.#waiting.push(settlement);
    this.soon();
  }

  /** Calls in this turn of the event loop, or right after the call that is under way. */
  soon(): void {
    if (this.#stopped) return;
    if (this.#calling) {
      this.#again = true;
      return;
    }
    this.#calling = true;
    clearTimeout(this.#timer);
    setImmediate(() => void this.#call());
  }

  /** Calls after `ms`, in place of any earlier such wish. */
  in(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.soon();
    }, ms);
  }

  /** One call now, beside any other. @throws StoreUnavailable */
  async now(): Promise<void> {
    this.#take(await this.#store.settle(this.#on.request([])));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #call(): Promise<void> {
    const batch = this.#waiting.splice(0, BATCH);
    this.#again = this.#waiting.length > 0;
    try {
      const settled = await this.#store.settle(this.#on.request(batch));
      this.#calling = false;
      this.#take(settled);
      if (this.#again) this.soon();
    } catch (error) {
      this.#calling = false;
      this.#waiting.unshift(...batch);
      if (!(error instanceof StoreUnavailable)) this.#log.error({ err: error }, "the store refused a settlement; trying again");
      this.in(AWAY_MS);
    }
  }

  #take(settled: Settled): void {
    // A little late, so that what falls due then is due.
    this.in(settled.nextMs + 2);
    this.#on.settled(settled);
  }
}
