import type { Stored } from "../store/store.js";
import type { Task } from "../task/task.js";

/**
 * A payload as its task's schema is to see it: what an earlier version stored is made one of this first. What is no JSON is
 * undefined: the schema says what is wrong with it.
 *
 * @throws whatever the task's `upgrade` throws
 */
export function upgraded<Services>(task: Task<unknown, Services>, { payload, version = 1 }: Stored): unknown {
  const old = parse(payload);
  if (version >= task.version || task.recurrence !== undefined) return old;
  return task.upgrade(old, version);
}

/** For who is told of its death: as it was stored, where it died of what it can't be upgraded for. */
export function payloadOfDead<Services>(task: Task<unknown, Services>, stored: Stored): unknown {
  try {
    return upgraded(task, stored);
  } catch {
    return parse(stored.payload);
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
