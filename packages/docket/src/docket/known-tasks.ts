import type { Task } from "../task/task.js";

/**
 * A docket's tasks by their names.
 *
 * @throws {TypeError} when one of them isn't what `defineTask` makes
 * @throws {RangeError} when two have one name
 */
export function knownTasks<Services>(
  tasks: readonly Task<unknown, Services>[],
): ReadonlyMap<string, Task<unknown, Services>> {
  const known = new Map<string, Task<unknown, Services>>();
  for (const [at, task] of tasks.entries()) {
    if (!isDefined(task))
      throw new TypeError(
        `the docket's tasks have something else at ${String(at)}: give what defineTask()({ name, payload, run }) makes`,
      );
    if (known.has(task.name))
      throw new RangeError(`two tasks are named ${task.name}: give each a name of its own`);
    known.set(task.name, task);
  }
  return known;
}

/** Options that were never passed to it, and what its first call returns, are no task yet. */
function isDefined(task: unknown): boolean {
  return typeof task === "object" && task !== null && "timeoutMs" in task;
}
