import type { Kind } from "../kind.js";
import { orderedTask } from "../order.js";

export const plainTask = orderedTask("plain");

export const plain: Kind = {
  name: "plain",
  share: 30,
  tasks: [plainTask],
  async act(producer, chance) {
    if (chance.happens(0.5)) await producer.add(plainTask, { ms: chance.between(0, 20) });
    else
      await producer.addMany(
        plainTask,
        Array.from({ length: chance.between(2, 60) }, () => ({ ms: chance.between(0, 20) })),
      );
  },
};
