import type { Priority } from "../store.js";

/** Of ten that are claimed while several priorities wait, the fifth is a normal one and the tenth a low one, if there is. */
const ROUND = 10;
const FIRST: Readonly<Record<number, Priority>> = { 4: "normal", 9: "low" };
const HIGHEST_FIRST: readonly Priority[] = ["high", "normal", "low"];

/** What may run now, in turn: in order of each priority. What has gone meanwhile is passed over. */
export class Turn<Entry> {
  readonly #lists: Record<Priority, Entry[]> = { high: [], normal: [], low: [] };
  readonly #stands: (entry: Entry) => boolean;
  #count = 0;

  constructor(stands: (entry: Entry) => boolean) {
    this.#stands = stands;
  }

  put(entry: Entry, priority: Priority, front: boolean): void {
    this.#lists[priority][front ? "unshift" : "push"](entry);
  }

  remove(entry: Entry, priority: Priority): void {
    const list = this.#lists[priority];
    const at = list.indexOf(entry);
    if (at >= 0) list.splice(at, 1);
  }

  /** The first of each priority that waits, the highest first. */
  heads(): Entry[] {
    return this.#waiting().map(({ head }) => head);
  }

  /** The next, out of the turn. */
  take(): Entry | undefined {
    const waiting = this.#waiting();
    let [next] = waiting;
    if (waiting.length > 1) {
      const first = FIRST[this.#count];
      next = waiting.find(({ priority }) => priority === first) ?? next;
      this.#count = (this.#count + 1) % ROUND;
    }
    if (next !== undefined) this.#lists[next.priority].shift();
    return next?.head;
  }

  #waiting(): { readonly priority: Priority; readonly head: Entry }[] {
    return HIGHEST_FIRST.flatMap((priority) => {
      const list = this.#lists[priority];
      for (let [head] = list; head !== undefined; [head] = list) {
        if (this.#stands(head)) return [{ priority, head }];
        list.shift();
      }
      return [];
    });
  }
}
