import type { Claim, Store } from "../store/store.js";
import type { Runs } from "./runs.js";
import type { Watchdog } from "./watchdog/watchdog.js";

interface Leased {
  readonly claim: Claim;
  readonly timeoutMs: number;
  /** Monotonic local time (ms). */
  leasedUntil: number;
}

/**
 * Prolongs the leases of what runs, every third of a lease, and tells of those that are lost. While the event loop is
 * blocked the watchdog does, where there is one.
 */
export class Renewer<Run extends Leased> {
  readonly #store: Store;
  readonly #worker: string;
  readonly #leaseMs: number;
  readonly #running: Runs<Run>;
  readonly #lost: (id: string) => void;
  readonly #watchdog: Watchdog | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    store: Store,
    worker: string,
    leaseMs: number,
    running: Runs<Run>,
    watchdog: Watchdog | undefined,
    lost: (id: string) => void,
  ) {
    this.#store = store;
    this.#worker = worker;
    this.#leaseMs = leaseMs;
    this.#running = running;
    this.#watchdog = watchdog;
    this.#lost = lost;
  }

  /** Holds the lease of a run that begins. */
  hold(run: Run): void {
    this.#running.set(run.claim.id, run);
    this.#watchdog?.watch(run.claim, run.timeoutMs, run.leasedUntil);
    this.#start();
  }

  /** Whether a claim is still this worker's. Not sure: false, and not run; the lease's end gives it to somebody. */
  async confirm(claim: Claim): Promise<boolean> {
    try {
      return (await this.#store.renew(this.#worker, [claim], this.#leaseMs)).length === 0;
    } catch {
      return false;
    }
  }

  /** What was told of a run, or lost, isn't held any more. */
  drop(id: string): void {
    this.#running.delete(id);
    this.#watchdog?.release(id);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#watchdog?.stop();
  }

  #start(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#renew();
    }, this.#leaseMs / 3);
  }

  async #renew(): Promise<void> {
    for (const id of this.#watchdog?.takeLost() ?? []) this.#lost(id);
    const leases = this.#running.all();
    if (leases.length === 0) return;
    this.#start();
    const asked = performance.now();
    try {
      const lost = new Set(
        await this.#store.renew(
          this.#worker,
          leases.map(({ claim }) => claim),
          this.#leaseMs,
        ),
      );
      for (const lease of leases) {
        if (lost.has(lease.claim.id)) this.#lost(lease.claim.id);
        else lease.leasedUntil = asked + this.#leaseMs;
      }
    } catch {
      // Nothing is known: each lease holds as long as it was last given.
      const now = performance.now();
      for (const { claim, leasedUntil } of leases) {
        const until = Math.max(leasedUntil, this.#watchdog?.leasedUntil(claim.id) ?? -Infinity);
        if (until < now) this.#lost(claim.id);
      }
    }
  }
}
