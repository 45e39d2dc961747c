import { CAP } from "../setting.js";
import type { Kind } from "../kind.js";
import { orderedTask } from "../order.js";

/** Longer than a lease. */
const BLOCKED_MS = 2_000;

const deadlyTask = orderedTask("deadly", {}, () => {
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => undefined);
});
const blockingTask = orderedTask("blocking", {}, (given, { delivery }) => {
  if (delivery <= given.fails) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCKED_MS);
  return Promise.resolve();
});

/** Kills its process each time. */
export const deadly: Kind = {
  name: "deadly",
  share: 0.03,
  tasks: [deadlyTask],
  async act(producer) {
    await producer.add(deadlyTask, {}, { ends: "dead" });
  },
  faults: ({ runs }) => {
    const times = new Map<string, number>();
    for (const { id, task } of runs) if (task === deadlyTask.name) times.set(id, (times.get(id) ?? 0) + 1);
    return [...times]
      .filter(([, count]) => count > CAP)
      .map(([id, count]) => ({
        what: `killed ${String(count)} workers, the cap is ${String(CAP)}`,
        about: [id],
      }));
  },
};

/** Holds up everything in its process for longer than a lease, the first time. */
export const blocking: Kind = {
  name: "blocking",
  share: 0.06,
  tasks: [blockingTask],
  async act(producer) {
    await producer.add(blockingTask, { fails: 1 });
  },
};
