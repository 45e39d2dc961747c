import { KEYS, PREFIXES, TYPES } from "./keys.js";
import { field, nameField, seal } from "../envelope.js";
import type { Due, NewTask, Outcome, Replacement, Settlement } from "../store.js";
import { versionedName } from "../../task/version.js";
import { termsArgument } from "./terms.js";

/** Tasks per script call: a script holds up everything else on its server while it runs. */
export const BATCH = 250;
/** Characters of payload per script call: hosted Redis takes requests of 1 MB. */
const BATCH_SIZE = 524_288;

/** Nothing ties it to others, and it is due now. */
function isFree({ serial, key, due, group, limit, priority, batch, doors = [] }: NewTask): boolean {
  const plain = group === undefined && limit === undefined && priority === undefined && batch === undefined;
  return plain && doors.length === 0 && serial === "" && key === "" && due.kind === "now";
}

function headOf(task: NewTask): string {
  const { id, serial, key, due } = task;
  const ties = `${field(serial)}\t${field(key)}\t${nameField(task)}`;
  return `${id}\t${ties}\t${dueArgument(due)}\t${termsArgument(task)}`;
}

/** All of one call to `add`: how many there are of each name that nothing ties, then each task. */
export function batchArguments(tasks: readonly NewTask[]): [counts: string, each: string[]] {
  const counts = new Map<string, number>();
  const each: string[] = [];
  for (const task of tasks) {
    const free = isFree(task);
    if (free) {
      const name = nameField(task);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    each.push(free ? task.id : headOf(task), seal(task, task.payload, task.carried));
  }
  return [[...counts].map(([name, count]) => `${name}\t${String(count)}`).join("\t"), each];
}

/** A task for `replace`. */
export function replaceArguments(task: NewTask): string[] {
  const { id, serial, key, due, payload, carried } = task;
  const ties = [field(serial), field(key), nameField(task)];
  return [id, ...ties, dueArgument(due), termsArgument(task), seal(task, payload, carried)];
}

/** In order, each small enough for one call. */
export function* batches(tasks: readonly NewTask[]): Generator<readonly NewTask[]> {
  let batch: NewTask[] = [];
  let size = 0;
  for (const task of tasks) {
    if (batch.length === BATCH || (batch.length > 0 && size + task.payload.length > BATCH_SIZE)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(task);
    size += task.payload.length;
  }
  if (batch.length > 0) yield batch;
}

export function dueArgument(due: Due): string {
  if (due.kind === "now") return "";
  if (due.kind === "quiet") return `~${String(due.ms)}:${String(due.longestMs)}`;
  return due.kind === "in" ? `+${String(due.ms)}` : String(due.at);
}

/** Each small enough for one call. */
export function* fieldBatches(texts: readonly string[]): Generator<string[]> {
  for (let from = 0; from < texts.length; from += BATCH) yield texts.slice(from, from + BATCH).map(field);
}

/**
 * What is told of deliveries: of which name those are that are told by their delivery alone, then each.
 *
 * @param noted with what a history takes besides
 */
export function settlementArguments(
  settlements: readonly Settlement[],
  noted: boolean,
): [freeName: string, each: string[]] {
  const first = settlements.find(isFreelyDone);
  const free = first === undefined ? "" : nameField(first.ties);
  const each: string[] = [];
  for (const settlement of settlements) {
    const { id, delivery, ties, outcome } = settlement;
    const note = noted ? noteOf(settlement) : "";
    if (isFreelyDone(settlement) && nameField(ties) === free) each.push(id, `${String(delivery)}${note}`);
    else {
      const tied = `${field(ties.serial)}\t${field(ties.key)}\t${nameField(ties)}`;
      const of = `${String(delivery)}\t${outcome.kind}\t${outcomeDue(outcome)}`;
      each.push(id, `${of}\t${tied}\t${outcomeInfo(outcome)}${note}`);
    }
  }
  return [free, each];
}

function noteOf({ addedAt, outcome }: Settlement): string {
  const message = outcome.kind === "dead" ? `\t${outcome.message ?? ""}` : "";
  return `\n${addedAt === undefined ? "" : String(addedAt)}${message}`;
}

function isFreelyDone({ ties, outcome }: Settlement): boolean {
  const plain = outcome.kind === "done" && outcome.result === undefined;
  return plain && ties.serial === "" && ties.key === "" && ties.name !== "";
}

function outcomeInfo(outcome: Outcome): string {
  if (outcome.kind === "dead") return outcome.info;
  if (outcome.kind === "retry") return outcome.info ?? "";
  return outcome.kind === "done" && outcome.result !== undefined ? `=${outcome.result.json ?? ""}` : "";
}

function outcomeDue(outcome: Outcome): string {
  if (outcome.kind === "retry") return `+${String(outcome.ms)}`;
  return outcome.kind === "park" ? String(outcome.at) : "";
}

/** What a dead letter is to have when it lives again: edited, serial, version, terms, payload. */
export function replacementArguments(replacement: Replacement | undefined): string[] {
  if (replacement === undefined) return ["", "", "", "", ""];
  const { serial, version, payload } = replacement;
  return ["1", field(serial), versionedName({ name: "", version }), termsArgument(replacement), payload];
}

/** How a strike is named in the store: it is its own identity. */
export function strikeArgument({ task, where }: { task: string; where: string }): string {
  return where === "" ? field(task) : `${field(task)}\t${where}`;
}

/** All keys and their types, as `mend` is told them. */
export function keyArguments(): string[] {
  const types: Readonly<Record<string, string>> = TYPES;
  const list = (keys: Readonly<Record<string, string>>, oneOfMany: "0" | "1"): string[] =>
    Object.entries(keys).flatMap(([variable, key]) => [key, types[variable] ?? "", oneOfMany]);
  return [...list(KEYS, "0"), ...list(PREFIXES, "1")];
}
