import type { Added, NewTask } from "../store.js";

/** What would come too often is refused before anything is stored. */
export class Doors {
  readonly #admitted = new Map<string, { readonly at: number; readonly id: string }[]>();

  /** What is answered to a task that doesn't come in; undefined where it does. */
  turnedAway({ id, doors = [] }: NewTask, now: number): Added | undefined {
    const asked = doors.map((door) => ({ ...door, gate: `${door.kind}\t${door.task}\t${door.of}` }));
    for (const { gate, kind, limit, perMs } of asked) {
      const admitted = (this.#admitted.get(gate) ?? []).slice(-limit);
      if (admitted.some((one) => one.id === id)) return { id, added: true };
      const counted = admitted.filter(({ at }) => at + perMs > now);
      const last = counted.at(-1);
      if (last !== undefined && counted.length >= limit) return { id: last.id, added: false, refused: kind };
    }
    for (const { gate, limit, perMs } of asked) {
      const counted = (this.#admitted.get(gate) ?? []).filter(({ at }) => at + perMs > now);
      this.#admitted.set(gate, [...counted, { at: now, id }].slice(-limit));
    }
    return undefined;
  }
}
