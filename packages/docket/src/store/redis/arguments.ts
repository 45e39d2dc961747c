import { field, seal } from "../envelope.js";
import type { Due, NewTask, Outcome, Replacement } from "../store.js";
import { termsArgument } from "./terms.js";

/** Tasks per script call: a script holds up everything else on its server while it runs. */
export const BATCH = 250;
/** Characters of payload per script call: hosted Redis takes requests of 1 MB. */
const BATCH_SIZE = 524_288;

export function taskArguments(task: NewTask): string[] {
  const { id, serial, key, name, due, payload, carried } = task;
  const ties = [field(serial), field(key), field(name)];
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

export function outcomeInfo(outcome: Outcome): string {
  if (outcome.kind === "dead") return outcome.info;
  if (outcome.kind === "retry") return outcome.info ?? "";
  return outcome.kind === "done" && outcome.result !== undefined ? `=${outcome.result.json ?? ""}` : "";
}

export function outcomeDue(outcome: Outcome): string {
  if (outcome.kind === "retry") return `+${String(outcome.ms)}`;
  return outcome.kind === "park" ? String(outcome.at) : "";
}

/** What a dead letter is to have when it lives again: edited, serial, terms, payload. */
export function replacementArguments(replacement: Replacement | undefined): string[] {
  if (replacement === undefined) return ["", "", "", ""];
  const { serial, payload } = replacement;
  return ["1", field(serial), termsArgument(replacement), payload];
}

/** How a strike is named in the store: it is its own identity. */
export function strikeArgument({ task, where }: { task: string; where: string }): string {
  return where === "" ? field(task) : `${field(task)}\t${where}`;
}
