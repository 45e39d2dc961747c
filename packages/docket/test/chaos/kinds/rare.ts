import type { Kind } from "../kind.js";
import { orderedTask } from "../order.js";

const task = orderedTask("rare");

/** No worker knows it until the end: it is laid aside meanwhile. */
export const rare: Kind = {
  name: "rare",
  share: 1,
  tasks: [task],
  known: "late",
  async act(producer) {
    await producer.add(task, {});
  },
};
