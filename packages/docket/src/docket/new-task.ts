import type { Batching } from "../store/batching.js";
import type { Door, Due, Group, Limit, NewTask, Priority, Replacement } from "../store/store.js";
import { shown } from "../task/definition.js";
import { checked, toJson } from "../task/payload.js";
import { readCooldown } from "../task/rate.js";
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
  /** Default: the task's, and normal where that says nothing. */
  readonly priority?: Priority;
  /** After it was added, others of its key are refused for so long; 1 ms to 24 days. Default: the task's. Needs a key. */
  readonly cooldown?: Duration;
}

/**
 * A task as the store is given it: at once, unless its schema takes its time.
 *
 * @throws {InvalidPayload} when the payload doesn't fit
 * @throws {RangeError} when a key or group is too long, a time out of range, or a cooldown has no key
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
  const { priority: asked = task.priority } = options;
  const priority = asked === "normal" ? undefined : asked;
  const cooldown = cooldownOf(task, options);
  const carried = checkedCarried(trace?.carried());
  const made = ({ serial, group, limit, batch, doors }: Termed): NewTask => ({
    id,
    serial,
    key,
    name: task.name,
    version: storedVersion(task),
    due: due(task.name, options),
    group,
    limit,
    priority,
    batch,
    doors: cooldown === undefined ? doors : [...doors, cooldown],
    payload: toJson(task.name, payload),
    carried,
  });
  const terms = termsOf(task, payload);
  return terms instanceof Promise ? terms.then(made) : made(terms);
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
  const { serial, group, limit, batch } = await termsOf(task, payload);
  const version = storedVersion(task);
  return { serial, version, group, limit, batch, payload: toJson(task.name, payload) };
}

/** What comes by itself has no payload that could be of one version or another: its chain goes on, whoever works. */
function storedVersion<Services>({ version, recurrence }: Task<unknown, Services>): number | undefined {
  return version === 1 || recurrence !== undefined ? undefined : version;
}

interface Termed {
  readonly serial: string;
  readonly group: Group | undefined;
  readonly limit: Limit | undefined;
  readonly batch: Batching | undefined;
  readonly doors: readonly Door[];
}

function termsOf<Services>(task: Task<unknown, Services>, payload: unknown): Termed | Promise<Termed> {
  const read = checked(task.name, task.payload, payload);
  return read instanceof Promise ? read.then((late) => termed(task, late)) : termed(task, read);
}

function termed<Services>(task: Task<unknown, Services>, read: unknown): Termed {
  const serial = task.serial(read) ?? "";
  checkTie(serial, `the serial key of ${task.name}`, 0);
  const group = task.group(read);
  if (group !== null) checkTie(group, `the group of ${task.name}`, 1);
  const own = { serial, limit: limitOf(task, read), batch: batchOf(task, read) };
  const { rate } = task;
  if (group === null) return { ...own, group: undefined, doors: NO_DOORS };
  if (rate?.over !== "drop") return { ...own, group: { name: group, rate }, doors: NO_DOORS };
  const door: Door = { kind: "rate", limit: rate.limit, perMs: rate.perMs, task: task.name, of: group };
  return { ...own, group: { name: group, rate: undefined }, doors: [door] };
}

const NO_DOORS: readonly Door[] = [];

function limitOf<Services>(task: Task<unknown, Services>, payload: unknown): Limit | undefined {
  if (task.concurrency === undefined) return undefined;
  const key = task.concurrencyKey(payload);
  checkTie(key, `the concurrency key of ${task.name}`, 0);
  return { most: task.concurrency, task: task.name, key };
}

function batchOf<Services>(task: Task<unknown, Services>, payload: unknown): Batching | undefined {
  if (task.batch === undefined) return undefined;
  const { most, withinMs } = task.batch;
  const of = task.batch.by(payload);
  checkTie(of, `what a batch of ${task.name} is by`, 0);
  return { most, withinMs, task: task.name, of };
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
