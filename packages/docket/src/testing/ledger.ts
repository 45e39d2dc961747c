import { dueAt } from "../store/memory/order.js";
import type { Added, NewTask, Store } from "../store/store.js";
import type { Clock } from "../time/clock.js";

/** What somebody has asked a docket to do. */
export interface AddedTask {
  readonly id: string;
  /** What came back of it from JSON. */
  readonly payload: unknown;
  readonly key: string | undefined;
  readonly serial: string | undefined;
  readonly group: string | undefined;
  /** When it was to run, as reckoned when it was added. */
  readonly due: Date;
  /** False: a task of its key lived, and was left as it was, or replaced. */
  readonly added: boolean;
}

/** Notes what a store was given and took, in order. */
export class Ledger {
  readonly #clock: Pick<Clock, "now">;
  readonly #entries: { readonly name: string; readonly task: AddedTask }[] = [];

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  of(name: string): AddedTask[] {
    return this.#entries.filter((entry) => entry.name === name).map(({ task }) => task);
  }

  /** A store of which it is noted. */
  through(store: Store): Store {
    return new Proxy(store, {
      get: (_, name): unknown => {
        if (name === "add") return (tasks: readonly NewTask[]) => this.#add(store, tasks);
        if (name === "replace") return (task: NewTask) => this.#replace(store, task);
        const method: unknown = Reflect.get(store, name);
        if (typeof method !== "function") return method;
        return (...args: unknown[]): unknown => Reflect.apply(method, store, args);
      },
    });
  }

  async #add(store: Store, tasks: readonly NewTask[]): Promise<Added[]> {
    const now = this.#clock.now();
    const answers = await store.add(tasks);
    tasks.forEach((task, at) => {
      this.#note(task, answers[at] ?? { id: task.id, added: true }, now);
    });
    return answers;
  }

  async #replace(store: Store, task: NewTask): Promise<Added> {
    const now = this.#clock.now();
    const answer = await store.replace(task);
    this.#note(task, answer, now);
    return answer;
  }

  #note({ name, payload, key, serial, group, due }: NewTask, { id, added }: Added, now: number): void {
    const read: unknown = JSON.parse(payload);
    const task = {
      ...{ id, added, payload: read },
      ...{ key: text(key), serial: text(serial), group: group?.name },
      due: new Date(dueAt(due, now)),
    };
    this.#entries.push({ name, task });
  }
}

function text(tie: string): string | undefined {
  return tie === "" ? undefined : tie;
}
