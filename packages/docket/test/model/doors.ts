import type { Added, NewTask } from "../../src/store/store.js";

/** What came in lately, by door. */
export class ModelDoors {
  readonly #admitted = new Map<string, { readonly at: number; readonly id: string }[]>();

  /** What is answered to one that doesn't come in. */
  refusal({ id, doors = [] }: NewTask, now: number): Added | undefined {
    for (const { kind, task, of, limit, perMs } of doors) {
      const last = this.#last(kind + task + of, limit);
      if (last.some((one) => one.id === id)) return { id, added: true };
      const counted = last.filter(({ at }) => at + perMs > now);
      const newest = counted.at(-1);
      if (newest !== undefined && counted.length >= limit)
        return { id: newest.id, added: false, refused: kind };
    }
    for (const { kind, task, of, limit } of doors)
      this.#admitted.set(kind + task + of, [...this.#last(kind + task + of, limit), { at: now, id }]);
    return undefined;
  }

  #last(door: string, limit: number): { readonly at: number; readonly id: string }[] {
    return (this.#admitted.get(door) ?? []).slice(-limit);
  }
}
