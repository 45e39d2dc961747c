import type { ModelTask } from "./task.js";

/** Whoever gathers does so at once; after so long nobody will. */
const GATHERS_MS = 5_000;
/** Lost with so many workers in a row, it may be what ends them, and runs alone. */
const ALONE_FROM = 2;

/** By the gate of a batch: who leads it, and until when it may gather the others, which is for ever while it waits for its claim. */
export class ModelLeaders {
  readonly #leaders = new Map<string, { readonly task: ModelTask; until: number }>();

  /** Whether a task waits for others when its turn comes. */
  waits(task: ModelTask): boolean {
    return batchGate(task) !== undefined && task.lost < ALONE_FROM && !this.has(task);
  }

  has(task: ModelTask): boolean {
    return this.#leaders.get(batchGate(task) ?? "")?.task === task;
  }

  /** Those that have been claimed, and may gather. */
  claimed(): ModelTask[] {
    return [...this.#leaders.values()].flatMap(({ task }) => (task.place.in === "hands" ? [task] : []));
  }

  /** Until when nobody else leads; undefined where nobody does. */
  until(gate: string, now: number): number | undefined {
    const { until = -Infinity } = this.#leaders.get(gate) ?? {};
    return until > now ? until : undefined;
  }

  lead(gate: string, task: ModelTask): void {
    this.#leaders.set(gate, { task, until: Infinity });
  }

  /** It is claimed. @returns until when it may gather */
  gathers(gate: string, task: ModelTask, now: number): number {
    const until = now + GATHERS_MS;
    this.#leaders.set(gate, { task, until });
    return until;
  }

  over(gate: string): void {
    this.#leaders.delete(gate);
  }
}

/** Behind which a task waits for the others of its batch. */
export function batchGate({ terms: { batch } }: ModelTask): string | undefined {
  return batch && `b\t${batch.task}\t${batch.of}`;
}
