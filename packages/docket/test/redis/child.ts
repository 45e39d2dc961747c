// A process of its own that adds or works, until its parent ends it or goes away.
import { chore } from "./chores.js";
import { Docket } from "../../src/index.js";
import { orders, type Told } from "./orders.js";

async function main(): Promise<void> {
  process.on("disconnect", () => process.exit());
  const { url, name, skewMs, work, add } = orders.parse(JSON.parse(process.argv[2] ?? ""));
  const rightNow = Date.now.bind(Date);
  Date.now = () => rightNow() + skewMs;
  const say = (message: Told): void => void process.send?.(message);
  const services = {
    run: (n: number): Promise<never> => {
      say({ began: n });
      return new Promise(() => undefined);
    },
  };
  const docket = await Docket.open({ url, name, tasks: [chore], services });
  if (work) await docket.worker().start();
  if (add !== undefined) await docket.add(chore, add.n, { delay: add.delayMs });
  say({ ready: true });
}

await main();
