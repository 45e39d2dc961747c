import type { Due, Group, NewTask, Replacement } from "../store/store.js";
import { shown } from "../task/definition.js";
import { checked, toJson } from "../task/payload.js";
import type { Task } from "../task/task.js";
import { checkedCarried, type Trace } from "../trace.js";
import { LONGEST_MS, milliseconds, type Duration } from "../time/duration.js";

/** In characters. */
const LONGEST_TIE = 500;

export interface AddOptions {
  /** While a task of this key lives (waiting, delayed, running), adding again does nothing. At most 500 characters. */
  readonly key?: string;
  /** Not before this much time has passed. */
  readonly delay?: Duration;
  /** Not before this time. */
  readonly at?: Date;
}

/**
 * A task as the store is given it: at once, unless its schema takes its time.
 *
 * @throws {InvalidPayload} when the payload doesn't fit
 * @throws {RangeError} when a key or group is too long, or the time out of range
 * @throws {TypeError} when one of them is of another kind, as a compiler would say
 */
export function newTask<Input, Services>(
  id: string,
  task: Task<Input, Services>,
  payload: NoInfer<Input>,
  options: AddOptions,
  trace: Trace | undefined,
): NewTask | Promise<NewTask> {
  const { key = "" } = options;
  checkTie(key, `the key of ${task.name}`, 0);
  const carried = checkedCarried(trace?.carried());
  const made = ({ serial, group }: Tied): NewTask => ({
    id,
    serial,
    key,
    name: task.name,
    due: due(task.name, options),
    group,
    payload: toJson(task.name, payload),
    carried,
  });
  const ties = tiesOf(task, payload);
  return ties instanceof Promise ? ties.then(made) : made(ties);
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
  return { ...(await tiesOf(task, payload)), payload: toJson(task.name, payload) };
}

interface Tied {
  readonly serial: string;
  readonly group: Group | undefined;
}

function tiesOf<Services>(task: Task<unknown, Services>, payload: unknown): Tied | Promise<Tied> {
  const read = checked(task.name, task.payload, payload);
  return read instanceof Promise ? read.then((late) => tied(task, late)) : tied(task, read);
}

function tied<Services>(task: Task<unknown, Services>, read: unknown): Tied {
  const serial = task.serial(read) ?? "";
  checkTie(serial, `the serial key of ${task.name}`, 0);
  const group = task.group(read);
  if (group !== null) checkTie(group, `the group of ${task.name}`, 1);
  return { serial, group: group === null ? undefined : { name: group, rate: task.rate } };
}

/** @throws {TypeError} when it is no text @throws {RangeError} when it is too short or too long */
function checkTie(tie: unknown, what: string, least: 0 | 1): void {
  if (typeof tie !== "string") throw new TypeError(`${what} is ${shown(tie)}: give a text`);
  if (tie.length < least || tie.length > LONGEST_TIE)
    throw new RangeError(
      `${what} is ${String(tie.length)} characters long: give ${least === 0 ? "at most" : "1 to"} ${String(LONGEST_TIE)}`,
    );
}

function due(task: string, { delay, at }: AddOptions): Due {
  if (delay !== undefined && at !== undefined)
    throw new RangeError(`${task} is given both a delay and a time: give one`);
  if (delay !== undefined) return { kind: "in", ms: milliseconds(delay, `the delay of ${task}`) };
  if (at === undefined) return { kind: "now" };
  if (!(at instanceof Date)) throw new TypeError(`the time of ${task} is ${shown(at)}: give a Date`);
  if (Number.isNaN(at.getTime()) || at.getTime() > Date.now() + LONGEST_MS) {
    throw new RangeError(`the time of ${task} is ${String(at)}: give a valid date, at most ten years ahead`);
  }
  return { kind: "at", at: Math.max(0, at.getTime()) };
}
