import { StoreUnavailable } from "../errors.js";
import type { Log } from "../log.js";
import type { NewTask, Store } from "../store/store.js";
import type { Task } from "../task/task.js";
import { newTask } from "./new-task.js";

/**
 * Adds the tasks that come by themselves, where they are not there: the key of each admits one, however many workers ask.
 *
 * @throws {InvalidPayload} when the schema of one doesn't take null
 * @throws {StoreUnavailable} ask again
 */
export async function seed<Services>(
  store: Store,
  tasks: Iterable<Task<unknown, Services>>,
  nextId: () => string,
  log: Log,
): Promise<void> {
  const perpetual = [...tasks].filter(({ recurrence }) => recurrence !== undefined);
  if (perpetual.length === 0) return;
  const seeds: NewTask[] = [];
  for (const task of perpetual) {
    const seeded = newTask(nextId(), task, null, { key: perpetualKey(task.name) }, undefined);
    seeds.push(seeded instanceof Promise ? await seeded : seeded);
  }
  try {
    await store.add(seeds);
  } catch (err) {
    if (err instanceof StoreUnavailable) throw err;
    // A worker can do without them, and all else can't do without a worker.
    const names = perpetual.map(({ name }) => name);
    log.error({ err, tasks: names }, "what comes by itself can't be added: look at docket's keys in Redis");
  }
}

/** Of the one task of this name that there is. */
export function perpetualKey(name: string): string {
  return `every:${name}`;
}
