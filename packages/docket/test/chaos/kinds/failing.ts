import { exponential, RetryAt, Terminal } from "../../../src/index.js";
import { monotonic } from "../journal.js";
import type { Kind } from "../kind.js";
import { orderedTask, takeTime } from "../order.js";

const ATTEMPTS = 4;
const flakyTask = orderedTask(
  "flaky",
  { retry: exponential({ attempts: ATTEMPTS, min: 20, max: 300 }) },
  async (given, ctx) => {
    await takeTime(given, ctx);
    if (ctx.attempt <= given.fails) throw new Error("this attempt was to fail");
  },
);
const parkedTask = orderedTask("parked", {}, (given) => {
  if (given.until > monotonic()) throw new RetryAt(given.until - monotonic(), "not yet");
  return Promise.resolve();
});
const terminalTask = orderedTask("terminal", {}, () => Promise.reject(new Terminal("as it was to")));
const overdueTask = orderedTask("overdue", {
  timeout: 150,
  retry: exponential({ attempts: 2, min: 20, max: 50 }),
});

export const flaky: Kind = {
  name: "flaky",
  share: 8,
  tasks: [flakyTask],
  async act(producer, chance) {
    const fails = chance.between(0, ATTEMPTS);
    await producer.add(flakyTask, { fails, ms: 2 }, { ends: fails >= ATTEMPTS ? "dead" : "done" });
  },
  faults: ({ runs }) =>
    runs
      .filter(({ task, attempt }) => task === flakyTask.name && attempt > ATTEMPTS)
      .map(({ id }) => ({ what: "ran oftener than its attempts", about: [id] })),
};

export const parked: Kind = {
  name: "parked",
  share: 5,
  tasks: [parkedTask],
  async act(producer, chance) {
    await producer.add(parkedTask, { until: monotonic() + chance.between(100, 3_000) });
  },
};

export const terminal: Kind = {
  name: "terminal",
  share: 2,
  tasks: [terminalTask],
  async act(producer) {
    await producer.add(terminalTask, {}, { ends: "dead" });
  },
};

export const overdue: Kind = {
  name: "overdue",
  share: 1,
  tasks: [overdueTask],
  async act(producer) {
    await producer.add(overdueTask, { ms: 60_000 }, { ends: "dead" });
  },
};
