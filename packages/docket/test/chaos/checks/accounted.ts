import type { Call, History } from "../history.js";
import type { Operation } from "../journal.js";
import type { Fault } from "../kind.js";

/** Calls that bring tasks. */
export const BRINGS: readonly Operation[] = ["add", "replace", "debounce"];

/** Nothing that was accepted is lost: it was done, is among the dead letters, or somebody called it off. */
export function accounted(history: History): readonly Fault[] {
  const done = new Set(history.runs.filter((run) => isDone(run)).map(({ n }) => n));
  const doneIds = new Set(history.runs.filter((run) => isDone(run)).map(({ id }) => id));
  const called = [...history.calls.values()];
  const cancels = new Map<string, Call[]>();
  for (const call of called)
    if (call.op === "cancel") cancels.set(call.of, [...(cancels.get(call.of) ?? []), call]);
  const newest = new Map<string, number>();
  for (const { op, key, asked } of called)
    if (op === "replace" || op === "debounce") newest.set(key, Math.max(newest.get(key) ?? 0, asked));

  const cancelled = (id: string): boolean =>
    cancels.get(id)?.some(({ told }) => told?.answer !== "unknown") ?? false;
  const replaced = ({ key, asked }: Call): boolean => key !== "" && (newest.get(key) ?? 0) > asked;

  const fate = (call: Call): string | undefined => {
    const { told, op, n, ends } = call;
    if (told === undefined || !BRINGS.includes(op)) return undefined;
    const letter = history.letters.get(told.id);
    if (op === "add" && !told.added)
      return doneIds.has(told.id) || letter !== undefined || cancelled(told.id)
        ? undefined
        : "the task that had its key is lost";
    if (done.has(n)) return ends === "done" ? undefined : "was done, and should have failed";
    if (letter !== undefined)
      return ends === "dead" || letter.cause === "deliveries"
        ? undefined
        : `was given up (${letter.cause ?? ""}: ${letter.error?.message ?? ""})`;
    return cancelled(told.id) || replaced(call) ? undefined : "accepted, and lost";
  };
  const faults: Fault[] = [];
  for (const call of called) {
    const what = fate(call);
    if (what !== undefined)
      faults.push({ what: `${call.task}: ${what}`, about: [call.n, call.told?.id ?? ""] });
  }
  for (const id of history.strangers)
    if (history.letters.get(id)?.cause !== "payload")
      faults.push({ what: "what a stranger wrote is no dead letter", about: [id] });
  return faults;
}

function isDone({ ended, error }: { readonly ended: number | undefined; readonly error: string }): boolean {
  return ended !== undefined && error === "";
}
