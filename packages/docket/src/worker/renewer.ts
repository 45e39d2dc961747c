import type { Claim, Store } from "../store/store.js";

interface Leased {
  readonly claim: Claim;
  /** Monotonic local time (ms). */
  leasedUntil: number;
}

/** Prolongs the leases of what runs, every third of a lease, and tells of those that are lost. */
export class Renewer {
  readonly #store: Store;
  readonly #worker: string;
  readonly #leaseMs: number;
  readonly #running: ReadonlyMap<string, Leased>;
  readonly #lost: (id: string) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    store: Store,
    worker: string,
    leaseMs: number,
    running: ReadonlyMap<string, Leased>,
    lost: (id: string) => void,
  ) {
    this.#store = store;
    this.#worker = worker;
    this.#leaseMs = leaseMs;
    this.#running = running;
    this.#lost = lost;
  }

  start(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#renew();
    }, this.#leaseMs / 3);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #renew(): Promise<void> {
    const leases = [...this.#running.values()];
    if (leases.length === 0) return;
    this.start();
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
      for (const { claim, leasedUntil } of leases) if (leasedUntil < now) this.#lost(claim.id);
    }
  }
}
