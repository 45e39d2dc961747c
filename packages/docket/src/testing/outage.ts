import { setTimeout as pause } from "node:timers/promises";
import { StoreUnavailable } from "../errors.js";
import type { Message, Store } from "../store/store.js";
import { milliseconds, type Duration } from "../time/duration.js";

type State = "up" | "away" | "hanging" | "deaf";

/** What isn't asked of a server, and so goes through whatever happens to it. */
const OF_THE_CLIENT = new Set<PropertyKey>(["watch", "sent", "close", "outpost"]);

/**
 * What can become of a store on its way: it is away, hangs, or answers into the void, as a Redis does whose machine dies, stops or is
 * cut off. What happens then is what happens with Redis: callers get `StoreUnavailable`, and workers try again until it is back.
 */
export class Outage {
  #state: State = "up";
  #answerMs = 0;
  #broken = new AbortController();
  readonly #late: (() => Promise<unknown>)[] = [];
  readonly #whoWait = new Set<() => void>();

  /** Whether there is one. */
  get on(): boolean {
    return this.#state !== "up";
  }

  /** From now on calls fail, and nothing of them is carried out. */
  begin(): void {
    this.#enter("away");
  }

  /**
   * From now on nothing answers: a call fails after a while of real time, and is carried out all the same when the outage ends.
   *
   * @param within how long callers wait; with Redis it is the default, a second
   */
  hang(within: Duration = "1s"): void {
    this.#answerMs = milliseconds(within, "the time that callers wait for an answer");
    this.#enter("hanging");
  }

  /** From now on calls are carried out, and fail: their answers are lost. */
  loseAnswers(): void {
    this.#enter("deaf");
  }

  /** The store is there again: what hung is carried out, and whoever waited for it is told. */
  async end(): Promise<void> {
    if (this.#state === "up") return;
    this.#state = "up";
    this.#broken = new AbortController();
    for (const act of this.#late.splice(0)) await act();
    for (const tell of [...this.#whoWait]) tell();
  }

  /** A store that has this outage. */
  through(store: Store): Store {
    return new Proxy(store, {
      get: (_, name): unknown => {
        if (name === "listen")
          return (worker: string, ms: number, signal: AbortSignal) => this.#listen(store, worker, ms, signal);
        if (name === "onReconnect") return (callback: () => void) => this.#onReconnect(store, callback);
        const method: unknown = Reflect.get(store, name);
        if (typeof method !== "function") return method;
        const call = (...args: unknown[]): unknown => Reflect.apply(method, store, args);
        if (OF_THE_CLIENT.has(name)) return call;
        return (...args: unknown[]) => this.#ask(() => Promise.resolve(call(...args)));
      },
    });
  }

  #enter(state: State): void {
    this.#state = state;
    this.#broken.abort();
  }

  async #ask(act: () => Promise<unknown>): Promise<unknown> {
    switch (this.#state) {
      case "up":
        return act();
      case "away":
        throw new StoreUnavailable("the store is away, by the test's will");
      case "deaf":
        await act();
        throw new StoreUnavailable("the store's answer was lost, by the test's will");
      case "hanging":
        this.#late.push(() => act().catch(() => undefined));
        await pause(this.#answerMs);
        throw new StoreUnavailable("the store doesn't answer, by the test's will");
    }
  }

  /** A read that waits breaks when an outage begins, and swallows nothing. */
  async #listen(store: Store, worker: string, ms: number, signal: AbortSignal): Promise<Message | undefined> {
    const broken = this.#broken.signal;
    if (this.on) throw new StoreUnavailable("the store can't be listened to, by the test's will");
    const message = await store.listen(worker, ms, AbortSignal.any([signal, broken]));
    if (message === undefined && broken.aborted && !signal.aborted)
      throw new StoreUnavailable("the line to the store broke, by the test's will");
    return message;
  }

  #onReconnect(store: Store, callback: () => void): () => void {
    const stop = store.onReconnect(callback);
    this.#whoWait.add(callback);
    return () => {
      this.#whoWait.delete(callback);
      stop();
    };
  }
}
