import type { Kind } from "../kind.js";
import { orderedTask, takeTime } from "../order.js";

const task = orderedTask("result", { result: true }, async (given, ctx) => {
  await takeTime(given, ctx);
  return `done: ${given.n}`;
});

export const results: Kind = {
  name: "results",
  share: 5,
  tasks: [task],
  async act(producer, chance) {
    const ms = chance.happens(0.3) ? chance.between(100, 1_000) : 0;
    const told = await producer.add(task, { ms: chance.between(0, 50) }, { ms });
    if (told !== undefined) producer.expect(told);
  },
  faults: ({ waits, calls, letters }) =>
    waits.flatMap(({ n, result, waiterLived }) => {
      if (result === undefined)
        return waiterLived ? [{ what: "its result never came to who waited for it", about: [n] }] : [];
      if (result.error === "" && result.value === JSON.stringify(`done: ${n}`)) return [];
      const died = letters.get(calls.get(n)?.told?.id ?? "")?.cause === "deliveries";
      if (result.error === "TaskFailed" && died) return [];
      return [{ what: `its result was ${result.value} ${result.error}`, about: [n] }];
    }),
};
