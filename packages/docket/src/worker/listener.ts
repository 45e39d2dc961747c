import type { Message, Store } from "../store/store.js";

/** One blocking read: long, so that an idle worker sends little; Redis answers it at once when there is something. */
const LISTEN_MS = 240_000;

/** Reads a worker's inbox for as long as it runs. */
export class Listener {
  readonly #store: Store;
  readonly #worker: string;
  readonly #on: { message(message: Message): void; broken(): Promise<void> };
  readonly #stop = new AbortController();
  #loop: Promise<void> | undefined;

  /** `broken` is awaited after each broken read, before the next: what the broken one may have swallowed is unknown. */
  constructor(
    store: Store,
    worker: string,
    on: { message(message: Message): void; broken(): Promise<void> },
  ) {
    this.#store = store;
    this.#worker = worker;
    this.#on = on;
  }

  start(): void {
    this.#loop ??= this.#listen();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #listen(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) if (!(await this.#read())) await this.#mend();
  }

  /** False when the read broke. */
  async #read(): Promise<boolean> {
    try {
      const message = await this.#store.listen(this.#worker, LISTEN_MS, this.#stop.signal);
      if (message !== undefined) this.#on.message(message);
      return true;
    } catch {
      return false; // whatever broke it, the way back is the same
    }
  }

  /** Waits until the store answers. */
  async #mend(): Promise<void> {
    const { signal } = this.#stop;
    await pause(250, signal);
    if (!signal.aborted) await this.#on.broken();
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
  });
}
