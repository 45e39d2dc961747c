// A process of a chaos run: it produces or works until it is told to finish, is killed, or loses its parent.
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { Docket } from "../../src/index.js";
import { Chance } from "./chance.js";
import { Journal } from "./journal.js";
import { KINDS } from "./kinds.js";
import type { Services } from "./order.js";
import { FINISH, orders, type OrdersOf } from "./orders.js";
import { Producer } from "./producer.js";
import { CAP, LEASE_MS, NAME } from "./setting.js";

/** Things that a producer does at the same time. */
const AT_A_TIME = 16;
/** How long a producer waits for results when all else is done. */
const RESULTS_MS = 45_000;

async function main(): Promise<void> {
  process.on("disconnect", () => process.exit());
  const given = orders.parse(JSON.parse(process.argv[2] ?? ""));
  setClock(given.skewMs);
  const journal = new Journal(given.journal);
  journal.watchForStalls();
  const kinds = KINDS.filter(
    ({ known }) => given.role === "producer" || known === undefined || given.knows.includes(known),
  );
  const docket = await Docket.open<Services>({
    url: given.url,
    name: NAME,
    tasks: kinds.flatMap(({ tasks }) => tasks),
    services: { journal },
    deliveryCap: CAP,
  });
  const finish = new AbortController();
  process.on("message", (message) => {
    if (message === FINISH) finish.abort();
  });
  if (given.role === "producer") await produce(given, docket, journal, finish.signal);
  else await work(given, docket, finish.signal);
  await docket.close();
  process.disconnect();
}

async function work(
  { concurrency, sleepMs }: OrdersOf<"worker">,
  docket: Docket<Services>,
  finish: AbortSignal,
): Promise<void> {
  const worker = docket.worker({ concurrency, lease: LEASE_MS, sleep: sleepMs });
  await worker.start();
  process.send?.("ready");
  if (!finish.aborted) await once(finish, "abort");
  await worker.stop({ drain: 200 });
}

async function produce(
  { name, seed, tasks, perSecond }: OrdersOf<"producer">,
  docket: Docket<Services>,
  journal: Journal,
  finish: AbortSignal,
): Promise<void> {
  const producer = new Producer(name, docket, journal);
  const chance = new Chance(seed, name);
  const began = performance.now();
  const first = KINDS.filter(({ share }) => share > 0);
  const enough = (): boolean => finish.aborted || producer.made >= tasks;
  process.send?.("ready");
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      while (!enough()) {
        const early = (producer.made / perSecond) * 1_000 - (performance.now() - began);
        if (early > 0) await pause(early);
        const kind = first.shift() ?? chance.weighted(KINDS, ({ share }) => share);
        await kind.act(producer, chance);
      }
    }),
  );
  await producer.allTold(RESULTS_MS);
}

/** Has all that this process asks of its clock be wrong by so many ms. */
function setClock(skewMs: number): void {
  if (skewMs === 0) return;
  const RightDate = Date;
  const now = (): number => RightDate.now() + skewMs;
  globalThis.Date = new Proxy(RightDate, {
    construct: (target, args: [] | ConstructorParameters<DateConstructor>) =>
      args.length === 0 ? new target(now()) : new target(...args),
    get: (target, property): unknown => (property === "now" ? now : Reflect.get(target, property)),
  });
}

await main();
