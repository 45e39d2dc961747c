import type { Held } from "../store.js";
import type { Shelf } from "./shelf.js";

/** What a worker says of the tasks that it runs. */
export class Leases {
  readonly #shelf: Shelf;

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  /** Prolongs leases; returns the ids of those that are lost. */
  renew(worker: string, held: readonly Held[], until: number): string[] {
    return held.flatMap((one) => {
      const lease = this.#shelf.lease(worker, one);
      if (lease !== undefined) lease.until = until;
      return lease === undefined ? [one.id] : [];
    });
  }

  report(worker: string, held: Held, progress: string): void {
    const lease = this.#shelf.lease(worker, held);
    if (lease !== undefined) lease.progress = progress;
  }

  progress(id: string): string | undefined {
    const place = this.#shelf.get(id)?.place;
    return place?.kind === "leased" ? place.progress : undefined;
  }
}
