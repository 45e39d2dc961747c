import type { Snapshot } from "../store/sight.js";
import { age, since } from "./age.js";
import type { CommandContext } from "./command.js";
import type { Output } from "./output.js";

/** Whether a store has never heard of this docket, or has forgotten all of it. */
export function isUnknown({ tasks, counts, dead, workers, lastWorkerAt }: Snapshot): boolean {
  const nothing = Object.keys(tasks).length === 0 && Object.keys(counts).length === 0;
  return nothing && dead === 0 && workers.length === 0 && lastWorkerAt === undefined;
}

/** Who mistypes a name looks at an empty docket: they are told so. True when it is so. */
export function noteUnknown(
  { output, name }: Pick<CommandContext, "output" | "name">,
  snapshot: Snapshot,
): boolean {
  const unknown = isUnknown(snapshot);
  if (unknown)
    output.note(
      `Nothing is known of a docket named ${name} here: no task, and no worker in the last hour. Is --name right?`,
    );
  return unknown;
}

/** Counts by state, for people. */
export function showSnapshot(output: Output, snapshot: Snapshot): void {
  const { now, workers, aside, nextAt, lastWorkerAt } = snapshot;
  const longest = since(snapshot.oldestWaitingAt, now);
  output.table(
    ["state", "tasks", ""],
    [
      ["waiting", snapshot.waiting, longest === undefined ? "" : `the next for ${longest}`],
      ["running", snapshot.running, ""],
      ["delayed", snapshot.delayed, ""],
      ["blocked", snapshot.blocked, "behind another of their serial key"],
      ["held", snapshot.held, "by a pause, a rate or a strike"],
      ["dead", snapshot.dead, ""],
      ...Object.entries(aside).map(([task, tasks]) => ["aside", tasks, `no worker knows ${task}`]),
    ],
  );
  const last =
    lastWorkerAt === undefined ? "" : `, the last heard of ${age(Math.max(0, now - lastWorkerAt))} ago`;
  output.say(`${String(workers.length)} workers${last}.`);
  if (nextAt !== undefined)
    output.say(nextAt <= now ? "Something is due now." : `Something is due in ${age(nextAt - now)}.`);
}
