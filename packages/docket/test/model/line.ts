import type { ModelTask } from "./task.js";

const RANKS = ["high", "normal", "low"] as const;
type Rank = (typeof RANKS)[number];
/** Of ten that are taken while several ranks wait, the fifth is a normal one and the tenth a low one, if there is. */
const ROUND = 10;
const TURNS: Readonly<Record<number, Rank>> = { 4: "normal", 9: "low" };

/** Those that may run now, in turn: by rank, and in order of each. */
export class Line {
  readonly #lists: Readonly<Record<Rank, ModelTask[]>> = { high: [], normal: [], low: [] };
  #turn = 0;

  get length(): number {
    return this.all().length;
  }

  all(): ModelTask[] {
    return RANKS.flatMap((rank) => this.#lists[rank]);
  }

  /** The first of each rank. */
  heads(): ModelTask[] {
    return RANKS.flatMap((rank) => this.#lists[rank].slice(0, 1));
  }

  put(task: ModelTask, front: boolean): void {
    this.#lists[rankOf(task)][front ? "unshift" : "push"](task);
  }

  leave(task: ModelTask): void {
    const list = this.#lists[rankOf(task)];
    const at = list.indexOf(task);
    if (at >= 0) list.splice(at, 1);
  }

  /** Whose turn it is. */
  next(): ModelTask | undefined {
    const [highest, ...others] = this.heads();
    if (others.length === 0) return highest;
    const turn = TURNS[this.#turn];
    return (turn === undefined ? undefined : this.#lists[turn][0]) ?? highest;
  }

  /** Takes out whose turn it is. */
  take(): ModelTask | undefined {
    const task = this.next();
    if (task === undefined) return undefined;
    if (this.heads().length > 1) this.#turn = (this.#turn + 1) % ROUND;
    this.leave(task);
    return task;
  }
}

function rankOf({ terms }: ModelTask): Rank {
  return terms.priority ?? "normal";
}
