import { StoreUnavailable } from "../errors.js";
import type { Log } from "../log.js";
import type { Claim, Held, Settled, Settlement, SettleRequest, Store } from "../store/store.js";

/** Pause before the store is tried again. */
const AWAY_MS = 250;
/** Settlements that travel together at most. */
const BATCH = 250;
/** With fewer to tell, it is worth waiting for the end of the turn, for more. */
const FEW = 16;

interface Telling {
  readonly settlement: Settlement;
  readonly told: (() => void) | undefined;
  /** Sent before, without an answer: a refusal may mean that it was carried out then. */
  readonly repeated: boolean;
}

/** Who fills in what the worker knows, and hears the answer. */
export interface Asker {
  request(): Omit<SettleRequest, "settlements" | "call" | "answered">;
  /**
   * Keeps what was claimed, and begins nothing yet.
   *
   * @param tookMs until the answer came: what it says may be so old
   */
  settled(settled: Settled, tookMs: number): void;
  /** Begins what was claimed: the next call is on its way, so that the store works while the worker does. */
  begin(): void;
}

/**
 * Makes the calls that report and claim: all that falls into one turn of the event loop travels in one, there is one at a
 * time, and none while nothing has changed and no time has come. What can't be told is kept until it can.
 */
export class Settler {
  readonly #store: Store;
  readonly #log: Log;
  readonly #on: Asker;
  #waiting: Telling[] = [];
  #calling = false;
  /** The call at the end of this turn. */
  #planned: NodeJS.Immediate | undefined;
  /** With so many to tell it calls at once: half of what it was given, so that the store works on these while the worker does the rest. */
  #enough = FEW;
  #calledThisTurn = false;
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  /** Monotonic time (ms) at which the timer ends. */
  #timedFor = Infinity;
  #calls = 0;
  #answered = 0;
  #last: Promise<void> = Promise.resolve();
  #asking = 0;
  #tookMs = 0;
  #sleeps = true;
  #stopped = false;

  constructor(store: Store, log: Log, on: Asker) {
    this.#store = store;
    this.#log = log;
    this.#on = on;
  }

  /** Something is told, or being told. */
  get busy(): boolean {
    return this.#waiting.length > 0 || this.#planned !== undefined || this.#calling || this.#asking > 0;
  }

  /** @param told called once the store has taken it; not when the lease was lost */
  push(settlement: Settlement, told?: () => void): void {
    const waiting = this.#waiting.push({ settlement, told, repeated: false });
    if (waiting >= this.#enough) this.#atOnce();
    else this.soon();
  }

  /** Calls in this turn of the event loop, or right after the call that is under way. */
  soon(): void {
    if (this.#stopped) return;
    if (this.#calling) {
      this.#again = true;
      return;
    }
    this.#planned ??= setImmediate(() => void this.#call());
  }

  /** Calls without waiting for the end of the turn; once in each, since a store that answers within it would never let it end. */
  #atOnce(): void {
    if (this.#calling || this.#calledThisTurn || this.#stopped) {
      this.soon();
      return;
    }
    this.#calledThisTurn = true;
    setImmediate(() => {
      this.#calledThisTurn = false;
    });
    void this.#call();
  }

  /** Calls within `ms`: an earlier wish stands. */
  within(ms: number): void {
    const at = performance.now() + ms;
    if (this.#stopped || at >= this.#timedFor) return;
    clearTimeout(this.#timer);
    this.#timedFor = at;
    this.#timer = setTimeout(() => {
      this.#timedFor = Infinity;
      this.soon();
    }, ms);
  }

  /** One call as soon as none is under way. @throws StoreUnavailable */
  async now(): Promise<void> {
    this.#take(await this.#ask([]));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #call(): Promise<void> {
    clearImmediate(this.#planned);
    this.#planned = undefined;
    this.#calling = true;
    const batch = this.#waiting.splice(0, BATCH);
    this.#again = this.#waiting.length > 0;
    try {
      const settled = await this.#ask(batch.map(({ settlement }) => settlement));
      this.#calling = false;
      for (const { settlement, told, repeated } of batch)
        if (repeated || !settled.refused.includes(settlement.id)) told?.();
      this.#enough = Math.max(FEW, Math.ceil(settled.claims.length / 2));
      this.#take(settled);
    } catch (error) {
      this.#calling = false;
      this.#waiting.unshift(...batch.map((telling) => ({ ...telling, repeated: true })));
      if (!(error instanceof StoreUnavailable))
        this.#log.error({ err: error }, "the store refused a settlement; trying again");
      this.within(AWAY_MS);
    }
  }

  /** The others of a batch; none where that isn't known: what was claimed unheard goes back with the next call. */
  async gather(leader: Held, most: number): Promise<readonly Claim[]> {
    const { worker, leaseMs } = this.#on.request();
    try {
      return await this.#inTurn(async () => {
        // An answer to this one would say that those before were heard: what they claimed goes back first.
        if (this.#answered < this.#calls) return [];
        const call = ++this.#calls;
        const claims = await this.#store.gather({ worker, call, leader, most, leaseMs });
        this.#answered = call;
        return claims;
      });
    } catch (error) {
      if (!(error instanceof StoreUnavailable))
        this.#log.error({ err: error }, "the store refused to give a batch; its first runs alone");
      this.within(AWAY_MS);
      return [];
    }
  }

  #ask(settlements: readonly Settlement[]): Promise<Settled> {
    return this.#inTurn(() => this.#askNow(settlements));
  }

  /** One call at a time: which calls went unanswered is known only when none is under way. */
  #inTurn<T>(ask: () => Promise<T>): Promise<T> {
    const asked = this.#last.then(ask);
    const answered = (): void => {
      this.#asking -= 1;
    };
    this.#asking += 1;
    this.#last = asked.then(answered, answered);
    return asked;
  }

  async #askNow(settlements: readonly Settlement[]): Promise<Settled> {
    const call = ++this.#calls;
    const request = this.#on.request();
    this.#sleeps = request.sleepMs > 0;
    const began = performance.now();
    const settled = await this.#store.settle({ ...request, settlements, call, answered: this.#answered });
    this.#tookMs = performance.now() - began;
    this.#answered = call;
    return settled;
  }

  #take(settled: Settled): void {
    clearTimeout(this.#timer);
    this.#timedFor = Infinity;
    // A little late, so that what falls due then is due. Whoever takes nothing more needn't come for it.
    if (this.#sleeps) this.within(settled.nextMs + 2);
    this.#on.settled(settled, this.#tookMs);
    if (!this.#again || this.#waiting.length < FEW) {
      this.#on.begin();
      if (this.#again) this.#atOnce();
      return;
    }
    this.#atOnce();
    // Only promises lie between a call and its way to the store, and they come before the next tick.
    process.nextTick(() => {
      this.#on.begin();
    });
  }
}
