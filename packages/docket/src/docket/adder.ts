import type { Added, NewTask, Store } from "../store/store.js";

interface Waiting {
  readonly task: NewTask;
  readonly resolve: (added: Added) => void;
  readonly reject: (error: unknown) => void;
}

/** Lets adds that fall into one turn of the event loop travel together, in order. */
export class Adder {
  readonly #store: Store;
  #waiting: Waiting[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  add(task: NewTask): Promise<Added> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ task, resolve, reject }) === 1) setImmediate(() => void this.#send());
    });
  }

  async #send(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      const answers = await this.#store.add(batch.map(({ task }) => task));
      batch.forEach(({ task, resolve }, at) => {
        resolve(answers[at] ?? { id: task.id, added: true });
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
