import { setTimeout as pause } from "node:timers/promises";
import type { Chance } from "../chance.js";
import type { Fault, Kind } from "../kind.js";
import { orderedTask, type OrderedTask } from "../order.js";
import type { Producer } from "../producer.js";

/** Longer than what was claimed before a pause may still begin (see checks/holds.ts). */
const HELD_MS = 5_000;
const RATE = { limit: 5, per: 500 } as const;

const group = ({ group }: { readonly group: string }): string => group;
const pausedTask = orderedTask("paused", { group });
const struckTask = orderedTask("struck");
const ratedTask = orderedTask("rated", { group, rate: RATE });

async function addThrough(
  ms: number,
  task: OrderedTask,
  name: string,
  producer: Producer,
  chance: Chance,
): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    await producer.add(task, { group: name, ms: chance.between(0, 20) });
    await pause(chance.between(50, 300));
  }
}

export const paused: Kind = {
  name: "paused",
  share: 0.15,
  tasks: [pausedTask],
  async act(producer, chance) {
    const name = `group ${producer.name} ${String(chance.between(1, 1_000_000))}`;
    await addThrough(300, pausedTask, name, producer, chance);
    await producer.pause(name, HELD_MS);
    await addThrough(HELD_MS - chance.between(0, 1_000), pausedTask, name, producer, chance);
    await producer.resume(name);
    await addThrough(300, pausedTask, name, producer, chance);
  },
};

export const struck: Kind = {
  name: "struck",
  share: 0.15,
  tasks: [struckTask],
  async act(producer, chance) {
    const name = `struck ${producer.name} ${String(chance.between(1, 1_000_000))}`;
    await addThrough(300, struckTask, name, producer, chance);
    await producer.strike(struckTask, name);
    await addThrough(HELD_MS, struckTask, name, producer, chance);
    await producer.restore(struckTask, name);
  },
};

export const rated: Kind = {
  name: "rated",
  share: 3,
  tasks: [ratedTask],
  async act(producer, chance) {
    const name = `rated ${String(chance.between(1, 4))}`;
    for (let times = chance.between(1, 3); times > 0; times -= 1)
      await producer.add(ratedTask, { group: name, ms: 2 });
  },
  faults: (history): readonly Fault[] => {
    const groups = new Map<string, number[]>();
    for (const run of history.runs) {
      if (run.task !== ratedTask.name) continue;
      const name = history.calls.get(run.n)?.of ?? "";
      groups.set(name, [...(groups.get(name) ?? []), run.began]);
    }
    return [...groups].flatMap(([name, starts]) => {
      const many = most(starts, 10 * RATE.per);
      // What was claimed may begin a little later than it counts for, so the ends of the window blur.
      const allowed = RATE.limit * 13;
      return many > allowed
        ? [{ what: `${String(many)} starts of ${name} where ${String(allowed)} may be`, about: [] }]
        : [];
    });
  },
};

/** The most starts in any window of so many ms. */
function most(times: readonly number[], ms: number): number {
  const sorted = [...times].sort((one, other) => one - other);
  let from = 0;
  return sorted.reduce((found, time, at) => {
    while ((sorted[from] ?? time) <= time - ms) from += 1;
    return Math.max(found, at - from + 1);
  }, 0);
}
