import type { End } from "../store.js";

/** How long, and how many, ends are known. */
const KEPT_MS = 600_000;
const KEPT = 10_000;

/** How tasks ended, for those who ask later, and those who wait for it. */
export class Ends {
  readonly #kept = new Map<string, { readonly end: End; readonly at: number }>();
  readonly #waiting = new Map<string, Set<() => void>>();

  keep(id: string, end: End, now: number): void {
    this.#kept.delete(id);
    this.#kept.set(id, { end, at: now });
    for (const [old, { at }] of this.#kept) {
      if (at > now - KEPT_MS && this.#kept.size <= KEPT) break;
      this.#kept.delete(old);
    }
    this.tell(id);
  }

  of(id: string, now: number): End {
    const kept = this.#kept.get(id);
    return kept !== undefined && kept.at > now - KEPT_MS ? kept.end : { kind: "unknown" };
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
