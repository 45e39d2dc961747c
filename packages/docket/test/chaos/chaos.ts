import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { Docket, type Snapshot } from "../../src/index.js";
import { leftovers } from "../../src/testing/leaks.js";
import { until } from "../until.js";
import { Chance } from "./chance.js";
import { accounted, BRINGS } from "./checks/accounted.js";
import { holds } from "./checks/holds.js";
import { lanes } from "./checks/lanes.js";
import { runs } from "./checks/runs.js";
import { disturb, type Parts } from "./disturb.js";
import { History, type Interval } from "./history.js";
import { Journal, monotonic, readJournal } from "./journal.js";
import type { Fault } from "./kind.js";
import { KINDS } from "./kinds.js";
import { unpackLastEngine } from "./last-release.js";
import { Member } from "./member.js";
import type { Services } from "./order.js";
import { planDisturbances, type Disturbance } from "./plan.js";
import { recoveries, type Recovery } from "./recoveries.js";
import { RedisPair } from "./redis-pair.js";
import { CAP, NAME } from "./setting.js";

export interface ChaosOptions {
  readonly seed: number;
  readonly tasks: number;
  /** How many of them are asked for in a second. */
  readonly perSecond: number;
  /** Where journals and logs go, and stay. */
  readonly folder: string;
}

export interface ChaosReport {
  readonly seed: number;
  readonly folder: string;
  readonly plan: readonly Disturbance[];
  readonly recoveries: readonly Recovery[];
  readonly faults: readonly Fault[];
  readonly history: History;
  /** From when the last disturbance was over and nothing more was asked for until nothing was left to do; ms. */
  readonly quietAfter: number;
  /** Since the store began. */
  readonly counts: Snapshot["counts"];
}

/** How long all that is left may take when everything is well again, in ms. */
const QUIET_MS = 60_000;
const WORKERS = 3;
const PRODUCERS = 2;
/** What comes by itself, and lives on when all else is over. */
const PERPETUAL = KINDS.flatMap(({ tasks }) => tasks).filter(({ recurrence }) => recurrence !== undefined);
const SKEWS = [-7_200_000, -90_000, 0, 0, 0, 45_000, 86_400_000];

/** Producers and workers in processes of their own, on a Redis of their own, while things go wrong as the seed decides. */
export async function runChaos({ seed, tasks, perSecond, folder }: ChaosOptions): Promise<ChaosReport> {
  const home = mkdtempSync(join(folder, `seed-${String(seed)}-`));
  const watched = join(home, "main.jsonl");
  const stalls = new Journal(watched).watchForStalls();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => {
    clearInterval(stalls);
  });
  const redis = stack.use(await RedisPair.start());
  const members = (kind: string, count: number, orders: MakeOrdersFor): Member[] =>
    Array.from({ length: count }, (_, at) => {
      const member = new Member(
        `${kind}${String(at + 1)}`,
        home,
        orders(`${kind} ${String(at)}`),
        ({ killed }) => killed || kind !== "producer",
      );
      stack.defer(() => member.dispose());
      return member;
    });
  const { url } = redis.relay;
  const workers = members("worker", WORKERS, workerOrders(seed, url, unpackLastEngine(home)));
  const producers = members("producer", PRODUCERS, producerOrders(seed, url, tasks, perSecond));
  const parts: Parts = { seed, redis, workers, producers };
  const plan = planDisturbances(seed, (tasks / perSecond) * 1_000);
  await Promise.all([...workers, ...producers].map((member) => member.start()));
  const disturbed = await disturb(parts, plan);

  const [late] = members("late", 1, lateOrders(url));
  await late?.start();
  const docket = await Docket.open<Services>({
    url: redis.primary.url,
    name: NAME,
    tasks: KINDS.flatMap((kind) => kind.tasks),
    services: { journal: new Journal(watched) },
    deliveryCap: CAP,
  });
  stack.defer(() => docket.close());
  await Promise.all(producers.map((producer) => producer.done()));
  const healed = monotonic();
  await letGo(docket);
  const faults: Fault[] = [];
  const last = await quiet(docket).catch(async (error: unknown) => {
    const { tasks: left, ...counts } = await docket.snapshot();
    faults.push({ what: `${String(error)}: ${JSON.stringify({ left, ...counts })}`, about: [] });
    return docket.snapshot();
  });
  const quietAt = monotonic();
  const letters = await docket.deadLetters(Infinity);
  const orderly = await Promise.all(
    [...workers, ...(late === undefined ? [] : [late])].map((each) => each.finish()),
  );
  if (orderly.includes(false)) faults.push({ what: "a worker didn't end when it was told to", about: [] });
  const all = [...workers, ...producers, ...(late === undefined ? [] : [late])];
  const history = new History({
    lives: all.flatMap((member) => member.lives()),
    letters,
    strangers: disturbed.strangers,
    troubles: [...disturbed.troubles, ...stallsIn(watched)],
    letGoAt: healed,
    quietAt,
  });
  for (const check of [accounted, runs, lanes, holds]) faults.push(...check(history));
  for (const kind of KINDS) faults.push(...(kind.faults?.(history) ?? []));
  faults.push(...miscounts(last, letters.length), ...idle(history, all, tasks));
  for (const key of await leftovers({ url: redis.primary.url, name: NAME }))
    faults.push({ what: `left behind in Redis: ${key}`, about: [] });
  return {
    ...{ seed, folder: home, plan, faults, history, counts: last.counts },
    recoveries: recoveries(history, disturbed.done),
    quietAfter: quietAt - healed,
  };
}

type MakeOrdersFor = (name: string) => ConstructorParameters<typeof Member>[2];

function workerOrders(seed: number, url: string, last: string): MakeOrdersFor {
  return (of) => (name, journal, life) => {
    const chance = new Chance(seed, `${of} ${String(life)}`);
    const [skewMs, concurrency] = [chance.oneOf(0, ...SKEWS), chance.oneOf(20, 3, 10, 50, 100)];
    const sleepMs = chance.oneOf(2_000, 5_000);
    const engine = chance.happens(0.25) ? last : undefined;
    const knows = engine === undefined ? (["new"] as const) : [];
    return {
      orders: { role: "worker", ...{ name, journal, url, skewMs, concurrency, sleepMs, knows: [...knows] } },
      engine,
    };
  };
}

function lateOrders(url: string): MakeOrdersFor {
  return () => (name, journal) => ({
    orders: {
      role: "worker",
      ...{ name, journal, url, skewMs: 0, concurrency: 10, sleepMs: 2_000 },
      knows: ["new", "late"],
    },
    engine: undefined,
  });
}

function producerOrders(seed: number, url: string, tasks: number, perSecond: number): MakeOrdersFor {
  return (of) => {
    const journals: string[] = [];
    return (name, journal, life) => {
      const asked = journals.flatMap(readJournal).filter(({ what }) => what === "asked").length;
      journals.push(journal);
      const chance = new Chance(seed, `${of} ${String(life)}`);
      return {
        orders: {
          role: "producer",
          ...{ name, journal, url, seed, skewMs: chance.oneOf(0, ...SKEWS) },
          tasks: Math.max(1, Math.round(tasks / PRODUCERS) - asked),
          perSecond: perSecond / PRODUCERS,
        },
        engine: undefined,
      };
    };
  };
}

/** Ends what killed producers would have ended. */
async function letGo(docket: Docket<Services>): Promise<void> {
  for (const { task, where } of await docket.strikes()) await docket.restore(task, where);
  await docket.resume((await docket.paused()).map(({ group }) => group));
}

/** Resolves when only what comes by itself lives. */
function quiet(docket: Docket<Services>): Promise<Snapshot> {
  return until(
    "nothing is left to do",
    async () => {
      const now = await docket.snapshot();
      const idle =
        now.waiting + now.blocked + now.held + now.running === 0 && now.delayed === PERPETUAL.length;
      return idle && Object.keys(now.aside).length === 0 ? now : undefined;
    },
    QUIET_MS,
  );
}

/** A run in which little was asked for, or a process broke down, says nothing. */
function idle({ calls, runs }: History, members: readonly Member[], tasks: number): Fault[] {
  const faults: Fault[] = members.flatMap((member) =>
    member.breakdowns.map((name) => ({ what: `${name} broke down: see its log`, about: [] })),
  );
  const brought = [...calls.values()].filter(({ op }) => BRINGS.includes(op)).length;
  if (brought < tasks)
    faults.push({
      what: `${String(brought)} tasks were asked for, and should have been ${String(tasks)}`,
      about: [],
    });
  if (runs.length < brought / 2)
    faults.push({
      what: `of ${String(brought)} tasks only ${String(runs.length)} runs are known`,
      about: [],
    });
  return faults;
}

/** Where the store's counts differ from what is there. */
function miscounts({ dead, counts, tasks }: Snapshot, letters: number): Fault[] {
  const faults: Fault[] = [];
  const died = counts["dead"] ?? 0;
  if (dead !== letters || died !== letters)
    faults.push({
      what: `${String(letters)} dead letters, ${String(dead)} counted, ${String(died)} deaths counted`,
      about: [],
    });
  const perpetual = PERPETUAL.map(({ name }) => name);
  for (const task of new Set([...perpetual, ...Object.keys(tasks)])) {
    const living = tasks[task] ?? 0;
    if (living !== (perpetual.includes(task) ? 1 : 0))
      faults.push({ what: `${String(living)} tasks named ${task} are said to live`, about: [] });
  }
  return faults;
}

function stallsIn(journal: string): Interval[] {
  return readJournal(journal).flatMap((said) =>
    said.what === "stalled" ? [{ from: said.t - said.ms, to: said.t }] : [],
  );
}
