import { setTimeout as pause } from "node:timers/promises";
import type { Kind } from "../kind.js";
import { orderedTask } from "../order.js";

const cancelledTask = orderedTask("cancelled");
const replacedTask = orderedTask("replaced");
const debouncedTask = orderedTask("debounced");

/** Cancelled while it is delayed, waits, runs, or has ended. */
export const cancelled: Kind = {
  name: "cancelled",
  share: 6,
  tasks: [cancelledTask],
  async act(producer, chance) {
    const delays = chance.happens(0.4);
    const told = await producer.add(
      cancelledTask,
      { ms: chance.oneOf(5, 400, 2_000) },
      delays ? { ms: chance.between(200, 3_000) } : {},
    );
    await pause(chance.between(0, 100));
    if (told !== undefined) await producer.cancel(told.id);
  },
};

export const replaced: Kind = {
  name: "replaced",
  share: 6,
  tasks: [replacedTask],
  async act(producer, chance) {
    const key = `replaced ${producer.name} ${String(chance.between(1, 1_000_000))}`;
    const times = chance.between(2, 5);
    for (let time = 0; time < times; time += 1) {
      const ms = chance.happens(0.5) ? 0 : chance.between(50, 1_000);
      await producer.replace(replacedTask, { ms: chance.oneOf(0, 30, 200) }, key, ms);
      await pause(chance.between(0, 40));
    }
  },
};

export const debounced: Kind = {
  name: "debounced",
  share: 4,
  tasks: [debouncedTask],
  async act(producer, chance) {
    const key = `burst ${producer.name} ${String(chance.between(1, 1_000_000))}`;
    const times = chance.between(3, 8);
    for (let time = 0; time < times; time += 1) {
      await producer.debounce(debouncedTask, { key, quiet: 200, longest: 1_000 });
      await pause(chance.between(0, 150));
    }
  },
};
