import type { Door, Due, Group, Limit, NewTask, Priority, Replacement } from "../store/store.js";
import { checked, toJson } from "../task/payload.js";
import { readCooldown } from "../task/rate.js";
import type { Task } from "../task/task.js";
import { checkedCarried, type Trace } from "../trace.js";
import { LONGEST_MS, milliseconds, type Duration } from "../time/duration.js";

export interface AddOptions {
  /** While a task of this key lives (waiting, delayed, running), adding again does nothing. At most 500 characters. */
  readonly key?: string;
  /** Not before this much time has passed. */
  readonly delay?: Duration;
  /** Not before this time. */
  readonly at?: Date;
  /** Default: the task's, and normal where that says nothing. */
  readonly priority?: Priority;
  /** After it was added, others of its key are refused for so long; 1 ms to 24 days. Default: the task's. Needs a key. */
  readonly cooldown?: Duration;
}

/**
 * A task as the store is given it.
 *
 * @throws {InvalidPayload} when the payload doesn't fit
 * @throws {RangeError} when a key or group is too long, a time out of range, or a cooldown has no key
 */
export async function newTask<Input, Services>(
  id: string,
  task: Task<Input, Services>,
  payload: NoInfer<Input>,
  options: AddOptions,
  trace: Trace | undefined,
): Promise<NewTask> {
  const { key = "" } = options;
  if (key.length > 500)
    throw new RangeError(
      `the key of ${task.name} is ${String(key.length)} characters long: give at most 500`,
    );
  const { serial, group, limit, doors } = await termsOf(task, payload);
  const cooldown = cooldownOf(task, options);
  if (cooldown !== undefined) doors.push(cooldown);
  const { priority = task.priority } = options;
  const carried = checkedCarried(trace?.carried());
  return {
    id,
    serial,
    key,
    name: task.name,
    due: due(task.name, options),
    ...(group === undefined ? {} : { group }),
    ...(limit === undefined ? {} : { limit }),
    ...(priority === "normal" ? {} : { priority }),
    ...(doors.length === 0 ? {} : { doors }),
    payload: toJson(task.name, payload),
    ...(carried === undefined ? {} : { carried }),
  };
}

/**
 * What a dead letter is to have when it lives again with another payload.
 *
 * @throws as `newTask`
 */
export async function replacementOf<Services>(
  task: Task<unknown, Services>,
  payload: unknown,
): Promise<Replacement> {
  const { serial, group, limit } = await termsOf(task, payload);
  return { serial, group, limit, payload: toJson(task.name, payload) };
}

async function termsOf<Services>(
  task: Task<unknown, Services>,
  payload: unknown,
): Promise<{ serial: string; group: Group | undefined; limit: Limit | undefined; doors: Door[] }> {
  const read = await checked(task.name, task.payload, payload);
  const serial = task.serial(read) ?? "";
  if (serial.length > 500)
    throw new RangeError(
      `the serial key of ${task.name} is ${String(serial.length)} characters long: give at most 500`,
    );
  const group = task.group(read);
  if (group !== null && (group === "" || group.length > 500))
    throw new RangeError(
      `the group of ${task.name} is ${String(group.length)} characters long: give 1 to 500`,
    );
  const limit = limitOf(task, read);
  const { rate } = task;
  if (group === null) return { serial, group: undefined, limit, doors: [] };
  if (rate?.over !== "drop") return { serial, group: { name: group, rate }, limit, doors: [] };
  const door: Door = { kind: "rate", limit: rate.limit, perMs: rate.perMs, task: task.name, of: group };
  return { serial, group: { name: group, rate: undefined }, limit, doors: [door] };
}

function limitOf<Services>(task: Task<unknown, Services>, payload: unknown): Limit | undefined {
  if (task.concurrency === undefined) return undefined;
  const key = task.concurrencyKey(payload);
  if (key.length > 500)
    throw new RangeError(
      `the concurrency key of ${task.name} is ${String(key.length)} characters long: give at most 500`,
    );
  return { most: task.concurrency, task: task.name, key };
}

/** Of the key; of the whole task where it has none. */
function cooldownOf<Input, Services>(
  task: Task<Input, Services>,
  { key = "", cooldown }: AddOptions,
): Door | undefined {
  if (cooldown !== undefined && key === "")
    throw new RangeError(`the cooldown of ${task.name} has nothing to count by: give a key`);
  const perMs =
    cooldown === undefined ? task.cooldownMs : readCooldown(cooldown, `the cooldown of ${task.name}`);
  return perMs === undefined ? undefined : { kind: "cooldown", limit: 1, perMs, task: task.name, of: key };
}

function due(task: string, { delay, at }: AddOptions): Due {
  if (delay !== undefined && at !== undefined)
    throw new RangeError(`${task} is given both a delay and a time: give one`);
  if (delay !== undefined) return { kind: "in", ms: milliseconds(delay, `the delay of ${task}`) };
  if (at === undefined) return { kind: "now" };
  if (Number.isNaN(at.getTime()) || at.getTime() > Date.now() + LONGEST_MS) {
    throw new RangeError(`the time of ${task} is ${String(at)}: give a valid date, at most ten years ahead`);
  }
  return { kind: "at", at: Math.max(0, at.getTime()) };
}
