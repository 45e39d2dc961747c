// A process of its own that adds or works, until its parent ends it or goes away.
import { slow, stuck, type Blocking } from "./blocking.js";
import { chore, type Chores } from "./chores.js";
import { Docket, type WorkerOptions } from "../../src/index.js";
import { orders, type Orders, type Told } from "./orders.js";

async function main(): Promise<void> {
  process.on("disconnect", () => process.exit());
  const { url, name, skewMs, work, blocks, add } = orders.parse(JSON.parse(process.argv[2] ?? ""));
  const rightNow = Date.now.bind(Date);
  Date.now = () => rightNow() + skewMs;
  const say = (message: Told): void => void process.send?.(message);
  const services: Chores & Blocking = {
    run: (n) => {
      say({ began: n });
      return new Promise(() => undefined);
    },
    began: (n) => {
      say({ began: n });
    },
    aborted: (reason) => {
      say({ aborted: reason });
    },
  };
  const tasks = blocks === undefined ? [chore] : [chore, slow, stuck];
  const docket = await Docket.open<Chores & Blocking>({ url, name, tasks, services });
  if (work) await docket.worker(workerOptions(blocks)).start();
  if (add !== undefined) await docket.add(chore, add.n, { delay: add.delayMs });
  say({ ready: true });
}

function workerOptions(blocks: Orders["blocks"]): WorkerOptions {
  if (blocks === undefined) return {};
  const { leaseMs, graceMs } = blocks;
  return { lease: leaseMs, watchdog: graceMs === undefined ? false : { grace: graceMs } };
}

await main();
