import { beside } from "../backlog/beside.ts";
import { line } from "../backlog/line.ts";
import type { Measurement } from "../measurement.ts";

export const backlog: Measurement = {
  name: "backlog",
  method:
    "1,000,000 tasks that wait, and 100,000 that are due in a day (a fiftieth of each with --quick). In one line, of which every tenth task has one of 10,000 serial keys: 20,000 from its front are drained at concurrency 100, in turn with as many of a line of 25,000. And all in the lanes of those keys, whose heads were put off for a day: an isolated task is added, in turn with one beside 100 such tasks, 10 ms after the last has started in a worker process of its own; 500 each. Ratios are taken within a round.",
  async run(bench) {
    const scale = bench.quick ? 1 / 50 : 1;
    const plan = { waiting: 1_000_000 * scale, lanes: 10_000 * scale, delayed: 100_000 * scale };
    return [
      ...(await line(bench, { ...plan, serialEach: 10 })),
      ...(await beside(bench, { ...plan, serialEach: 1 })),
    ];
  },
};
