import type { Kind } from "../kind.js";
import { orderedTask } from "../order.js";

const task = orderedTask("keyed");

/** Added again while it waits or runs, or after. */
export const keyed: Kind = {
  name: "keyed",
  share: 8,
  tasks: [task],
  async act(producer, chance) {
    const key = `${producer.name} ${String(chance.between(1, 1_000_000))}`;
    const times = chance.between(2, 4);
    for (let time = 0; time < times; time += 1)
      await producer.add(task, { ms: chance.between(0, 40) }, { key });
  },
};
