import { StoreUnavailable } from "../errors.js";
import type { Log } from "../log.js";
import type { WorkerInfo } from "../store/sight.js";
import type { Store } from "../store/store.js";

/** How often the tasks that come by themselves are looked after: one that is lost is there again by then. */
const LOOK_AFTER_MS = 3_600_000;

/** Tells the store of a worker, and sees to the tasks that come by themselves. */
export class Greeter {
  readonly #store: Pick<Store, "hello" | "bye">;
  readonly #info: WorkerInfo;
  readonly #seed: () => Promise<void>;
  readonly #log: Log;
  /** By the store's clock (ms). */
  #seeded: number | undefined;

  constructor(store: Pick<Store, "hello" | "bye">, info: WorkerInfo, seed: () => Promise<void>, log: Log) {
    this.#store = store;
    this.#info = info;
    this.#seed = seed;
    this.#log = log;
  }

  /** @throws IncompatibleStore, StoreUnavailable */
  async greet(): Promise<void> {
    await this.#store.hello(this.#info);
    await this.#seed();
  }

  /** The store has forgotten the worker. @param failed told when that stays so */
  async greetAgain(failed: () => void): Promise<void> {
    try {
      await this.greet();
    } catch (err) {
      const { worker } = this.#info;
      this.#log.warn({ err, worker }, "the store has forgotten this worker, and stays so");
      failed();
    }
  }

  /** The worker goes. */
  async leave(): Promise<void> {
    const { worker } = this.#info;
    try {
      await this.#store.bye(worker);
    } catch (err) {
      this.#log.warn(
        { err, worker },
        "could not say goodbye: what this worker held runs again when its lease ends",
      );
    }
  }

  /** The worker is in touch with the store, whose time it is. */
  inTouch(now: number): void {
    this.#seeded ??= now;
    if (now < this.#seeded + LOOK_AFTER_MS) return;
    this.#seeded = now;
    this.#seed().catch((err: unknown) => {
      // That it is away is known already, and an hour later this is tried again.
      if (err instanceof StoreUnavailable) return;
      this.#log.error({ err }, "what comes by itself can't be looked after");
    });
  }
}
