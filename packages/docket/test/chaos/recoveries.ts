import type { Disturbed } from "./disturb.js";
import type { History, Interval } from "./history.js";
import { describe } from "./plan.js";

/** How soon all went on after a disturbance. */
export interface Recovery {
  readonly what: string;
  /** From its end until a task began, in ms; undefined: none did. */
  readonly first: number | undefined;
  /** Until all had begun that waited or ran at its end, and may begin at any time. */
  readonly all: number | undefined;
}

/** Kinds of tasks that nothing keeps from starting at once. */
const AT_ONCE = ["plain", "keyed"];

export function recoveries(history: History, disturbed: Disturbed["done"]): Recovery[] {
  const firstRuns = new Map<string, number>();
  const again: Interval[] = [];
  for (const runs of history.runsOf.values()) {
    for (const [at, run] of runs.entries()) {
      const next = runs[at + 1];
      if (next !== undefined && run.ended === undefined) again.push({ from: run.began, to: next.began });
    }
  }
  for (const run of history.runs) if (!firstRuns.has(run.n)) firstRuns.set(run.n, run.began);
  const waits: Interval[] = [...again];
  for (const { n, told, task } of history.calls.values()) {
    const to = firstRuns.get(n);
    if (told !== undefined && to !== undefined && AT_ONCE.includes(task)) waits.push({ from: told.at, to });
  }
  const begins = history.runs.map(({ began }) => began);
  return disturbed.map(({ to: end, disturbance }) => {
    const first = begins.find((began) => began >= end);
    const waited = waits.filter(({ from, to }) => from <= end && to > end);
    const all = waited.reduce((latest, { to }) => Math.max(latest, to - end), 0);
    return {
      what: describe(disturbance),
      first: first === undefined ? undefined : first - end,
      all: waited.length === 0 ? undefined : all,
    };
  });
}
