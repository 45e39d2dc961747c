import { setImmediate as turn } from "node:timers/promises";
import { contender } from "../contenders/roster.ts";
import { Tally } from "../tally.ts";
import { machineNow, Order, type Report } from "./messages.ts";

const order = Order.parse(JSON.parse(process.argv[2] ?? "null"));
const { url, queue, purpose, weighAfter } = order;
const tell = (report: Report): void => {
  process.send?.(report);
};

const tally = new Tally(order.contender, weighAfter);
const one = await contender(order.contender);
const opened = await one.open({
  ...{ url, queue, purpose },
  handle: (n) => {
    if (weighAfter > 0) tally.note(n);
    else tell({ kind: "started", n, at: machineNow() });
    return Promise.resolve();
  },
});
await opened.work(order.concurrency);
tell({ kind: "ready" });

// Whoever started it is gone, however it went.
process.once("disconnect", () => {
  process.exit(1);
});

if (weighAfter > 0) {
  await tally.all;
  await turn();
  // Twice: what the first run's finalisers let go of, the second takes away.
  globalThis.gc?.();
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  tell({ kind: "weighs", rss, heapUsed });
}
