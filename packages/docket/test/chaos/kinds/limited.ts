import { exponential } from "../../../src/index.js";
import type { Chance } from "../chance.js";
import type { History, Run } from "../history.js";
import type { Fault, Kind } from "../kind.js";
import { orderedTask, takeTime, type Context, type Order, type OrderedTask } from "../order.js";
import type { Producer } from "../producer.js";

const AT_ONCE = 3;
const AT_ONCE_BY_KEY = 2;

const retry = exponential({ attempts: 4, min: 20, max: 200 });
const run = async (given: Order, ctx: Context): Promise<void> => {
  await takeTime(given, ctx);
  if (ctx.attempt <= given.fails) throw new Error("this attempt was to fail");
};
const limitedTask = orderedTask("limited", { concurrency: AT_ONCE, retry }, run);
const byKeyTask = orderedTask(
  "limited by key",
  { concurrency: { limit: AT_ONCE_BY_KEY, per: ({ group }) => group }, retry },
  run,
);

async function addSome(task: OrderedTask, group: string, producer: Producer, chance: Chance): Promise<void> {
  for (let times = chance.between(1, 5); times > 0; times -= 1)
    await producer.add(task, { group, fails: chance.happens(0.15) ? 1 : 0, ms: chance.between(0, 20) });
}

/** Never more runs of a task at once than its limit. A worker of the last release knows no limit. */
export const limited: Kind = {
  name: "limited",
  share: 3,
  tasks: [limitedTask],
  known: "new",
  act: (producer, chance) => addSome(limitedTask, "", producer, chance),
  faults: (history) => crowds(history, limitedTask, AT_ONCE),
};

export const limitedByKey: Kind = {
  name: "limited by key",
  share: 4,
  tasks: [byKeyTask],
  known: "new",
  act: (producer, chance) => addSome(byKeyTask, `key ${String(chance.between(1, 5))}`, producer, chance),
  faults: (history) => crowds(history, byKeyTask, AT_ONCE_BY_KEY),
};

/** Where more ran at once than the limit, those apart whose lease was lost. */
function crowds(history: History, task: OrderedTask, limit: number): readonly Fault[] {
  const byKey = Map.groupBy(
    history.runs.filter((each) => each.task === task.name),
    ({ n }) => history.calls.get(n)?.of ?? "",
  );
  return [...byKey].flatMap(([key, all]) => {
    let going: Run[] = [];
    return all.flatMap((next): Fault[] => {
      going = going.filter((each) => history.endOf(each) > next.began);
      const beside = going.filter((each) => each.id !== next.id && !history.mayOverlap(each, next));
      going.push(next);
      const what = `${task.name}: ${String(beside.length + 1)} ran at once for ${key}, its limit is ${String(limit)}`;
      return beside.length < limit ? [] : [{ what, about: [next.id, ...beside.map(({ id }) => id)] }];
    });
  });
}
