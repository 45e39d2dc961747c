import type { ModelTask } from "./task.js";

/** By limit: who has one of its places, in the order in which they would start. */
export class ModelPlaces {
  readonly #taken = new Map<string, ModelTask[]>();

  taken(gate: string): readonly ModelTask[] {
    return this.#taken.get(gate) ?? [];
  }

  /** False where all are taken by others. */
  take(gate: string, task: ModelTask): boolean {
    const taken = this.taken(gate);
    if (taken.includes(task)) return true;
    if (taken.length >= (task.terms.limit?.most ?? Infinity)) return false;
    this.#taken.set(gate, [...taken, task]);
    return true;
  }

  give(gate: string, task: ModelTask): void {
    this.#taken.set(
      gate,
      this.taken(gate).filter((other) => other !== task),
    );
  }

  /** Has it still, before all others. */
  keep(gate: string, task: ModelTask): void {
    this.give(gate, task);
    this.#taken.set(gate, [task, ...this.taken(gate)]);
  }
}

/** Of the limit that a task stands under. */
export function limitGate({ terms: { limit } }: ModelTask): string | undefined {
  return limit && `c\t${limit.task}\t${limit.key}`;
}
