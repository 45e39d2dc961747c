import type { History, Run } from "../history.js";
import type { Fault } from "../kind.js";

/** Each run was asked for and delivered; no two of one task at a time; none again without a reason. */
export function runs(history: History): readonly Fault[] {
  const faults: Fault[] = [];
  const asked = new Set([...history.calls.keys(), "tick", "minute"]);
  for (const [id, all] of history.runsOf) {
    const deliveries = new Set(all.map(({ delivery }) => delivery));
    if (deliveries.size < all.length) faults.push({ what: "one delivery began twice", about: [id] });
    if (all.some(({ n }) => !asked.has(n))) faults.push({ what: "nobody asked for it", about: [id] });
    const inOrder = all.toSorted((one, other) => one.delivery - other.delivery);
    for (const [at, run] of inOrder.entries()) {
      const next = inOrder[at + 1];
      if (next === undefined) break;
      const { task } = run;
      if (overlaps(history, run, next)) faults.push({ what: `${task}: ran twice at a time`, about: [id] });
      // What comes by itself comes again.
      else if (history.calls.has(run.n) && !history.mayRunAgain(run, next))
        faults.push({ what: `${task}: ran again without a reason`, about: [id] });
    }
  }
  return faults;
}

/** @param next the delivery after it */
function overlaps(history: History, run: Run, next: Run): boolean {
  const apart = history.endOf(run) <= next.began && run.began <= next.began;
  return !apart && !history.mayOverlap(run, next);
}
