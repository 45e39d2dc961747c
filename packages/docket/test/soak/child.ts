// A process of a soak: it produces at a steady pace or works, and says what it holds when it is asked.
import { setTimeout as pause } from "node:timers/promises";
import { orders, type Held } from "./orders.js";
import { Docket, StoreUnavailable } from "../../src/index.js";
import { oneRound, TASKS } from "./load.js";

async function main(): Promise<void> {
  process.on("disconnect", () => process.exit());
  const { role, url, perSecond } = orders.parse(JSON.parse(process.argv[2] ?? ""));
  const docket = await Docket.open<undefined>({ url, name: "soak", tasks: TASKS, services: undefined });
  let made = 0;
  process.on("message", () => {
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    const said: Held = { rss, heapUsed, made };
    process.send?.(said);
  });
  if (role === "worker") {
    await docket.worker({ concurrency: 20 }).start();
    return;
  }
  const began = performance.now();
  for (let n = 0; ; n += 1) {
    const early = (made / perSecond) * 1_000 - (performance.now() - began);
    if (early > 0) await pause(early);
    try {
      made += await oneRound(docket, n);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error; // a crowded machine keeps Redis waiting, now and then
    }
  }
}

await main();
