import type { Kind } from "../kind.js";
import { orderedTask } from "../order.js";

const task = orderedTask("delayed");

/** Some are woken before their time. */
export const delayed: Kind = {
  name: "delayed",
  share: 8,
  tasks: [task],
  async act(producer, chance) {
    if (!chance.happens(0.2)) {
      await producer.add(task, {}, { ms: chance.between(50, 4_000) });
      return;
    }
    const key = `woken ${producer.name} ${String(chance.between(1, 1_000_000))}`;
    await producer.add(task, {}, { key, ms: chance.between(2_000, 6_000) });
    await producer.wake(key);
  },
};
