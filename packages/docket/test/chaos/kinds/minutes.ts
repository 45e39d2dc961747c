import { z } from "zod";
import { defineTask } from "../../../src/index.js";
import { monotonic } from "../journal.js";
import type { Kind } from "../kind.js";
import type { Services } from "../order.js";

const MINUTE_MS = 60_000;

const task = defineTask<Services>()({
  name: "minute",
  payload: z.null(),
  cron: "* * * * *",
  run: (_payload, ctx) => ctx.services.journal.run("minute", ctx, () => Promise.resolve()),
});

/** Comes by itself at each full minute: that it lives on, once, is seen when all is quiet. */
export const minutes: Kind = {
  name: "minutes",
  share: 0,
  tasks: [task],
  known: "new",
  act: () => Promise.resolve(),
  faults: (history) => {
    // This process's clock is right.
    const zero = Date.now() - monotonic();
    const came = history.runs.filter((run) => run.task === task.name);
    const minuteOf = (began: number): number => Math.floor((zero + began) / MINUTE_MS);
    return came.flatMap((run, at) => {
      const before = came[at - 1];
      if (before === undefined || minuteOf(before.began) < minuteOf(run.began)) return [];
      if (history.mayRunAgain(before, run)) return [];
      return [{ what: "came twice in a minute", about: [before.id, run.id] }];
    });
  },
};
