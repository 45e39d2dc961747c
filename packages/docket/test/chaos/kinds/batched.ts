import { defineTask, exponential, RetryAt, Terminal, type BatchItem } from "../../../src/index.js";
import type { Chance } from "../chance.js";
import type { Batch, Call, History } from "../history.js";
import { batchedAs, monotonic } from "../journal.js";
import type { Fault, Kind } from "../kind.js";
import { order, takeTime, type Order, type OrderedTask, type Services } from "../order.js";
import type { Producer } from "../producer.js";
import { CAP } from "../setting.js";

const MOST = 5;
const ATTEMPTS = 4;
/** Of more than any attempt: it fails for good; of so many, it kills its process each time. */
const TERMINAL = 100;
const DEADLY = 1_000;

function batchedTask(name: string): OrderedTask {
  return defineTask<Services>()({
    name,
    payload: order,
    batch: { most: MOST, within: 150, by: ({ group }) => group },
    retry: exponential({ attempts: ATTEMPTS, min: 20, max: 200 }),
    runBatch: async (items, { services: { journal } }) => {
      journal.together(name, items);
      const ends = items.map((item) => {
        const { id, delivery, attempt, signal, payload } = item;
        return journal.run(payload.n, { id, task: name, delivery, attempt, signal }, () => one(item));
      });
      for (const end of await Promise.allSettled(ends))
        if (end.status === "rejected" && end.reason instanceof AttemptFailed) throw end.reason;
    },
  });
}

/** Of one of a batch: it says nothing of itself, the whole does, by what it throws. */
class AttemptFailed extends Error {
  override name = "AttemptFailed";
}

async function one(item: BatchItem<Order>): Promise<void> {
  const { attempt, payload } = item;
  if (payload.fails === DEADLY) process.kill(process.pid, "SIGKILL");
  await takeTime(payload, item);
  const error =
    payload.fails === TERMINAL
      ? new Terminal("as it was to")
      : payload.until > monotonic() && new RetryAt(payload.until - monotonic(), "not yet");
  if (error !== false) {
    item.fail(error);
    throw error;
  }
  if (attempt <= payload.fails) throw new AttemptFailed("this attempt was to fail");
  item.done();
}

const task = batchedTask("batched");
const deadlyTask = batchedTask("batched, deadly");

/** How many attempts fail, how it ends then, and how often that comes. */
const FATES = [
  [0, "done", 8],
  [1, "done", 2],
  [ATTEMPTS, "dead", 0.5],
  [TERMINAL, "dead", 1],
] as const;

/**
 * Several of one key run together, each with an end of its own. None is cancelled: one that a worker of the last release ends
 * leaves its entry behind.
 */
export const batched: Kind = {
  name: "batched",
  share: 6,
  tasks: [task],
  known: "new",
  async act(producer, chance) {
    const group = `batch ${String(chance.between(1, 4))}`;
    if (chance.happens(0.3)) return addMany(producer, chance, group);
    for (let times = chance.between(1, 7); times > 0; times -= 1) {
      const [fails, ends] = chance.weighted(FATES, ([, , share]) => share);
      const until = chance.happens(0.1) ? monotonic() + chance.between(50, 500) : 0;
      await producer.add(task, { group, fails, until, ms: chance.between(0, 20) }, { ends });
    }
  },
  faults: (history) => [
    ...wrongBatches(history, task),
    ...noneTogether(history),
    ...history.runs
      .filter((run) => run.task === task.name && run.attempt > ATTEMPTS)
      .map(({ id }) => ({ what: "batched: ran oftener than its attempts", about: [id] })),
  ],
};

async function addMany(producer: Producer, chance: Chance, group: string): Promise<void> {
  const length = chance.between(2, 3 * MOST);
  await producer.addMany(
    task,
    Array.from({ length }, () => ({ group, ms: chance.between(0, 20) })),
  );
}

/** In every other batch one kills its process each time; the others aren't to go with it. */
export const deadlyAmongOthers: Kind = {
  name: "deadly among others",
  share: 0.02,
  tasks: [deadlyTask],
  known: "new",
  async act(producer, chance) {
    const group = `deadly ${producer.name}`;
    const at = chance.between(0, 5);
    for (let place = 0; place < 3; place += 1)
      await producer.add(
        deadlyTask,
        { group, fails: place === at ? DEADLY : 0 },
        { ends: place === at ? "dead" : "done" },
      );
  },
  faults: (history) => [
    ...wrongBatches(history, deadlyTask),
    ...[...history.runsOf]
      .filter(([, all]) => all[0]?.task === deadlyTask.name && all.length > CAP)
      .map(([id]) => ({ what: "batched, deadly: ran oftener than the cap", about: [id] })),
  ],
};

/** Too large, of two keys, or out of order. */
function wrongBatches(history: History, { name }: OrderedTask): readonly Fault[] {
  const runs = new Map(history.runs.map((run) => [batchedAs(run), run]));
  const faults: Fault[] = [];
  for (const batch of history.batches.filter((each) => each.task === name)) {
    // Some may not have begun before their process was killed.
    const calls = batch.of.map((run) => history.calls.get(runs.get(run)?.n ?? ""));
    const about = batch.of.map((run) => run.split(" ")[0] ?? "");
    if (batch.of.length > MOST)
      faults.push({
        what: `${name}: ${String(batch.of.length)} ran together, at most ${String(MOST)} may`,
        about,
      });
    if (new Set(batch.of).size < batch.of.length)
      faults.push({ what: `${name}: one ran beside itself`, about });
    if (new Set(calls.flatMap((call) => call?.of ?? [])).size > 1)
      faults.push({ what: `${name}: two keys ran together`, about });
    if (isOutOfOrder(batch, calls)) faults.push({ what: `${name}: ran out of order in their batch`, about });
  }
  return faults;
}

function noneTogether({ batches }: History): readonly Fault[] {
  const some = batches.some(({ task: name, of }) => name === task.name && of.length > 1);
  return some ? [] : [{ what: "batched: none ran together", about: [] }];
}

/**
 * Of those that were never given before, and that one process brought one after the other. Not of the first: that may have come
 * while others, for whom a worker of the last release had opened the gate, stood in line once more.
 */
function isOutOfOrder({ of }: Batch, calls: readonly (Call | undefined)[]): boolean {
  const fresh = calls.filter((call, at) => at > 0 && call !== undefined && of[at]?.endsWith(" 1") === true);
  return fresh.some((call, at) => fresh.slice(at + 1).some((later) => precedes(later, call)));
}

function precedes(one: Call | undefined, other: Call | undefined): boolean {
  if (one?.told === undefined || other === undefined) return false;
  const [process = ""] = one.n.split("/");
  return other.n.startsWith(`${process}/`) && one.told.at < other.asked;
}
