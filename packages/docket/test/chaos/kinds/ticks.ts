import { z } from "zod";
import { defineTask } from "../../../src/index.js";
import type { Fault, Kind } from "../kind.js";
import type { Services } from "../order.js";

const EVERY_MS = 1_000;
/** Clocks of claim and run differ by the way between them. */
const SLACK_MS = 150;

const task = defineTask<Services>()({
  name: "tick",
  payload: z.null(),
  every: EVERY_MS,
  run: (_payload, ctx) => ctx.services.journal.run("tick", ctx, () => Promise.resolve()),
});

/** Comes by itself. */
export const ticks: Kind = {
  name: "ticks",
  share: 0,
  tasks: [task],
  act: () => Promise.resolve(),
  faults: (history) => {
    const ticked = history.runs.filter((run) => run.task === task.name);
    const faults: Fault[] = [];
    const last = ticked.at(-1);
    if (last === undefined || history.quietAt - last.began > 4 * EVERY_MS)
      faults.push({
        what: "what comes by itself doesn't any more",
        about: last === undefined ? [] : [last.id],
      });
    for (const [at, run] of ticked.entries()) {
      const before = ticked[at - 1];
      // One that was lost comes again before its time.
      if (before?.ended === undefined || before.error !== "" || history.mayRunAgain(before, run)) continue;
      if (run.began - before.began < EVERY_MS - SLACK_MS)
        faults.push({ what: "came twice in its time", about: [before.id, run.id] });
    }
    return faults;
  },
};
