import type { Call, History } from "../history.js";
import type { Fault, Kind } from "../kind.js";
import { orderedTask, type OrderedTask } from "../order.js";

const RATE = { limit: 3, per: 700, over: "drop" } as const;
const COOLDOWN_MS = 500;

const droppedTask = orderedTask("dropped", { group: ({ group }) => group, rate: RATE });
const cooledTask = orderedTask("cooled", { cooldown: COOLDOWN_MS });

/** What comes too often is refused at the door. */
export const dropped: Kind = {
  name: "dropped",
  share: 4,
  tasks: [droppedTask],
  async act(producer, chance) {
    const group = `dropped ${String(chance.between(1, 6))}`;
    for (let times = chance.between(1, 4); times > 0; times -= 1)
      await producer.add(droppedTask, { group, ms: 2 });
  },
  faults: (history) => [
    ...ranThough(history, droppedTask),
    ...tooMany(history, droppedTask, RATE.limit, RATE.per, ({ of }) => of),
  ],
};

/** So is what comes too soon after one of its key. */
export const cooled: Kind = {
  name: "cooled",
  share: 4,
  tasks: [cooledTask],
  async act(producer, chance) {
    const key = `cooled ${String(chance.between(1, 12))}`;
    for (let times = chance.between(1, 3); times > 0; times -= 1)
      await producer.add(cooledTask, { ms: chance.between(0, 30) }, { key });
  },
  faults: (history) => [
    ...ranThough(history, cooledTask),
    ...tooMany(history, cooledTask, 1, COOLDOWN_MS, ({ key }) => key),
  ],
};

const callsOf = ({ calls }: History, task: OrderedTask): Call[] =>
  [...calls.values()].filter((call) => call.task === task.name);

/** What was refused, and ran. */
function ranThough(history: History, task: OrderedTask): readonly Fault[] {
  const ran = new Map(history.runs.map(({ n, id }) => [n, id]));
  return callsOf(history, task).flatMap(({ n, told }) => {
    const id = ran.get(n);
    if (id === undefined || told === undefined || told.answer === "") return [];
    return [{ what: `${task.name}: ran though it had been refused`, about: [n, id] }];
  });
}

/** Where more came in than may: their calls, from the first question to the last answer, took less than the time. */
function tooMany(
  history: History,
  task: OrderedTask,
  limit: number,
  ms: number,
  of: (call: Call) => string,
): readonly Fault[] {
  const accepted = callsOf(history, task).filter(({ told }) => told?.added === true);
  return [...Map.groupBy(accepted, of)].flatMap(([name, calls]) => {
    const inOrder = calls.toSorted((one, other) => one.asked - other.asked);
    return inOrder.flatMap(({ n, asked }, at): Fault[] => {
      const together = inOrder.slice(at, at + limit + 1);
      const last = Math.max(...together.map(({ told }) => told?.at ?? Infinity));
      if (together.length <= limit || last - asked >= ms) return [];
      const what = `${task.name}: ${String(limit + 1)} came in within ${String(ms)} ms for ${name}`;
      return [{ what, about: [n, ...together.slice(1).map((call) => call.n)] }];
    });
  });
}
