import { exponential, RetryAt } from "../../../src/index.js";
import { monotonic } from "../journal.js";
import type { Kind } from "../kind.js";
import { orderedTask, takeTime } from "../order.js";

const task = orderedTask(
  "lane",
  { serial: ({ lane }) => lane, retry: exponential({ attempts: 4, min: 20, max: 200 }) },
  async (given, ctx) => {
    await takeTime(given, ctx);
    if (given.until > monotonic()) throw new RetryAt(given.until - monotonic(), "not yet");
    if (ctx.attempt <= given.fails) throw new Error("this attempt was to fail");
  },
);

/** One at a time and in the order added; some fail or are put off, and keep their place. */
export const lanes: Kind = {
  name: "lanes",
  share: 10,
  tasks: [task],
  async act(producer, chance) {
    const lane = `${producer.name} ${String(chance.between(1, 1_000_000))}`;
    const length = chance.between(3, 8);
    for (let place = 0; place < length; place += 1) {
      const fails = chance.happens(0.15) ? 1 : 0;
      const until = chance.happens(0.1) ? monotonic() + chance.between(50, 500) : 0;
      await producer.add(task, { lane, fails, until, ms: chance.between(0, 15) });
    }
  },
};
