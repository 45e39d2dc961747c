import type { Claim, Held } from "../store.js";
import type { Holder } from "./order.js";
import type { Entry, Shelf } from "./shelf.js";

/** What a worker says of the tasks that it runs. */
export class Leases {
  readonly #shelf: Shelf;

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  /** Gives a task to a worker. */
  give(entry: Entry, { worker, call, leaseMs }: Holder, now: number): Claim {
    entry.delivery += 1;
    entry.began = undefined;
    this.#shelf.put(entry, {
      ...{ kind: "leased", worker, call, since: now, until: now + leaseMs, cancelled: false },
    });
    const { id, stored, attempt, delivery, lost } = entry;
    return { id, stored, attempt, delivery, lost, claimedAt: now };
  }

  /** What the calls of a worker after this one claimed. */
  after(worker: string, answered: number): Entry[] {
    return this.#shelf
      .leased()
      .filter(({ place }) => place.worker === worker && place.call > answered)
      .map(({ entry }) => entry);
  }

  /** Those of these that the worker has. */
  among(worker: string, ids: readonly string[]): Entry[] {
    return ids.flatMap((id) => {
      const entry = this.#shelf.get(id);
      return entry?.place.kind === "leased" && entry.place.worker === worker ? [entry] : [];
    });
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
