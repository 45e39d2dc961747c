import type { Call, History, Run } from "../history.js";
import { CLAIMED_MS } from "../checks/holds.js";
import type { Fault, Kind } from "../kind.js";
import { orderedTask } from "../order.js";

const task = orderedTask("ranked", { serial: ({ lane }) => lane });
const lowTask = orderedTask("ranked low", { priority: "low", serial: ({ lane }) => lane });
const highTask = orderedTask("ranked high", { priority: "high", serial: ({ lane }) => lane });
const BY_RANK = [highTask, task, lowTask] as const;

/** Of ten that start while others wait, one is of low priority; the ends of the window blur. */
const LOW_SHARE = 0.2;
const LOW_BESIDE = 5;

/** All ranks at once, some in lanes, whose order wins over ranks. */
export const ranked: Kind = {
  name: "ranked",
  share: 5,
  tasks: BY_RANK,
  known: "new",
  async act(producer, chance) {
    const lane = chance.happens(0.3) ? `ranked ${producer.name} ${String(chance.between(1, 1_000_000))}` : "";
    for (let times = chance.between(2, 6); times > 0; times -= 1)
      await producer.add(chance.oneOf(task, ...BY_RANK), { lane, ms: chance.between(0, 20) });
  },
  faults(history) {
    const began = history.runs.map((run) => run.began);
    const lows = history.runs.filter((run) => run.task === lowTask.name).map((run) => run.began);
    return [...history.calls.values()].flatMap((call): Fault[] => {
      const run = call.task === highTask.name && call.lane === "" ? firstOf(history, call) : undefined;
      if (run === undefined || call.told === undefined) return [];
      // What was claimed before it came may begin later.
      const from = call.told.at + CLAIMED_MS;
      const within = (times: readonly number[]): number =>
        times.filter((time) => time > from && time < run.began).length;
      const low = within(lows);
      if (low <= LOW_BESIDE + LOW_SHARE * within(began)) return [];
      return [{ what: `${String(low)} of low priority began before it`, about: [call.n, run.id] }];
    });
  },
};

/** The first run of what a call brought, unless its process was held up before it began. */
function firstOf(history: History, { n, told }: Call): Run | undefined {
  const first = history.runsOf.get(told?.id ?? "")?.find((run) => run.n === n);
  return first === undefined || history.wasHeldUp(first) ? undefined : first;
}
