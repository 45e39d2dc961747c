import type { Call, History, Run } from "../history.js";
import type { Fault } from "../kind.js";
import { LEASE_MS } from "../setting.js";

/** What was claimed before may lie so long before it begins. */
export const CLAIMED_MS = LEASE_MS + 500;

/** What is paused, struck, cancelled or replaced doesn't begin, from when that was acknowledged; nothing begins before its time. */
export function holds(history: History): readonly Fault[] {
  const calls = [...history.calls.values()];
  const byKey = new Map<string, Call[]>();
  for (const call of calls) if (call.key !== "") byKey.set(call.key, [...(byKey.get(call.key) ?? []), call]);
  const faults: Fault[] = [];
  /** @param from what was claimed then may still begin */
  const forbid = (what: string, by: Call, runs: readonly Run[], from: number, to: number): void => {
    for (const run of runs)
      if (run.began > from && run.began < to && history.hindered(run, from - CLAIMED_MS, run.began) === 0)
        faults.push({ what: `${run.task}: began while it was ${what}`, about: [by.n, run.id] });
  };
  const endOf = (ending: Call["op"], { of, task, asked }: Call): number =>
    Math.min(
      history.letGoAt,
      ...calls
        .filter((call) => call.op === ending && call.of === of && call.task === task && call.asked > asked)
        .map((call) => call.asked),
    );
  const runsOf = new Map<string, Run[]>();
  for (const run of history.runs) runsOf.set(run.n, [...(runsOf.get(run.n) ?? []), run]);
  const inGroup = (task: string, of: string): Run[] =>
    calls
      .filter((call) => call.op === "add" && call.of === of && (task === "" || call.task === task))
      .flatMap(({ n }) => runsOf.get(n) ?? []);

  for (const call of calls) {
    const { op, told, of, task, key, asked, ms, n } = call;
    const [first] = runsOf.get(n) ?? [];
    const woken = byKey.get(key)?.some((other) => other.op === "wake") ?? false;
    if (
      ms > 0 &&
      (op === "add" || op === "replace") &&
      !woken &&
      first !== undefined &&
      first.began < asked + ms - 5
    )
      faults.push({ what: `${task}: began before its time`, about: [n, first.id] });
    if (told === undefined) continue;
    const claimed = told.at + CLAIMED_MS;
    if (op === "pause")
      forbid("paused", call, inGroup("", of), claimed, Math.min(asked + ms, endOf("resume", call)));
    if (op === "strike") forbid("struck", call, inGroup(task, of), claimed, endOf("restore", call));
    if (op === "cancel" && told.answer !== "unknown") {
      const runs = history.runsOf.get(of) ?? [];
      const gone = told.answer === "cancelled";
      forbid("cancelled", call, runs, gone ? told.at : claimed, Infinity);
      if (!gone) faults.push(...unheard(history, call, runs, told.at));
    }
    if (op === "replace" || op === "debounce") {
      const olds = (byKey.get(key) ?? []).filter((old) => old.asked < asked);
      for (const old of olds) forbid("replaced", call, runsOf.get(old.n) ?? [], claimed, Infinity);
    }
  }
  return faults;
}

/** Runs that went on though they were cancelled. */
function unheard(history: History, call: Call, runs: readonly Run[], at: number): Fault[] {
  const limit = at + CLAIMED_MS;
  return runs
    .filter(
      (run) =>
        run.began < at &&
        history.endOf(run) > limit &&
        (run.aborted?.at ?? Infinity) > limit &&
        history.hindered(run, at - CLAIMED_MS, limit) === 0,
    )
    .map(({ id, task }) => ({ what: `${task}: went on though it was cancelled`, about: [call.n, id] }));
}
