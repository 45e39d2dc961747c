import type { Call, History, Run } from "../history.js";
import type { Fault } from "../kind.js";

/** Tasks of one serial key run one at a time, in the order in which they were accepted. */
export function lanes(history: History): readonly Fault[] {
  const laned = new Map<string, Call[]>();
  for (const call of history.calls.values())
    if (call.lane !== "") laned.set(call.lane, [...(laned.get(call.lane) ?? []), call]);
  const runsOf = new Map<string, Run[]>();
  for (const run of history.runs) runsOf.set(run.n, [...(runsOf.get(run.n) ?? []), run]);

  const faults: Fault[] = [];
  for (const calls of laned.values()) {
    const all = calls.flatMap(({ n }) => runsOf.get(n) ?? []).sort((one, other) => one.began - other.began);
    // What nobody knows of may come at any time, but it too comes alone.
    for (const [at, run] of all.entries()) {
      const next = all.slice(at + 1).find(({ n }) => n !== run.n);
      if (next !== undefined && history.endOf(run) > next.began && !history.mayOverlap(run, next))
        faults.push({ what: "two of one lane ran at a time", about: [run.n, next.n] });
    }
    const accepted = calls.filter(({ told }) => told !== undefined);
    for (const [at, { n }] of accepted.entries()) {
      const following = accepted.slice(at + 1).find(({ n: other }) => runsOf.has(other))?.n ?? "";
      const [first] = runsOf.get(following) ?? [];
      const late = (runsOf.get(n) ?? []).find((run) => first !== undefined && run.began > first.began);
      if (first !== undefined && late !== undefined && !history.wasHeldUp(late))
        faults.push({ what: "ran after what was accepted later in its lane", about: [n, following] });
    }
  }
  return faults;
}
