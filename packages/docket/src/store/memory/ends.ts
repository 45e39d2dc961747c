import type { Kept } from "../retention.js";
import type { End } from "../store.js";

/** How tasks ended, for those who ask later, and those who wait for it. */
export class Ends {
  readonly #retention: Kept;
  readonly #kept = new Map<string, { readonly end: End; readonly at: number }>();
  readonly #waiting = new Map<string, Set<() => void>>();

  /** @param retention how long, and how many, ends are known */
  constructor(retention: Kept) {
    this.#retention = retention;
  }

  keep(id: string, end: End, now: number): void {
    const { keepMs, most } = this.#retention;
    this.#kept.delete(id);
    this.#kept.set(id, { end, at: now });
    for (const [old, { at }] of this.#kept) {
      if (at > now - keepMs && this.#kept.size <= most) break;
      this.#kept.delete(old);
    }
    this.tell(id);
  }

  of(id: string, now: number): End {
    const kept = this.#kept.get(id);
    return kept !== undefined && kept.at > now - this.#retention.keepMs ? kept.end : { kind: "unknown" };
  }

  tell(id: string): void {
    for (const callback of [...(this.#waiting.get(id) ?? [])]) callback();
  }

  watch(id: string, callback: () => void): () => void {
    const callbacks = this.#waiting.get(id) ?? new Set();
    callbacks.add(callback);
    this.#waiting.set(id, callbacks);
    callback();
    return () => {
      callbacks.delete(callback);
      if (callbacks.size === 0 && this.#waiting.get(id) === callbacks) this.#waiting.delete(id);
    };
  }
}
