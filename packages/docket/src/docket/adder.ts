import type { Added, NewTask, Store } from "../store/store.js";

interface Waiting {
  readonly task: NewTask;
  readonly resolve: (added: Added) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets adds that fall into one turn of the event loop travel together, in order. Those that find no other on its way don't
 * wait for the end of the turn: they are what somebody waits for.
 */
export class Adder {
  readonly #store: Store;
  #waiting: Waiting[] = [];
  /** Calls that are unanswered. */
  #underWay = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  add(task: NewTask): Promise<Added> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ task, resolve, reject }) > 1) return;
      const send = (): void => void this.#send();
      if (this.#underWay > 0) setImmediate(send);
      else process.nextTick(send);
    });
  }

  async #send(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#underWay += 1;
    try {
      const answers = await this.#store.add(batch.map(({ task }) => task));
      batch.forEach(({ task, resolve }, at) => {
        resolve(answers[at] ?? { id: task.id, added: true });
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#underWay -= 1;
    }
  }
}
