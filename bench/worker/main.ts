import { Docket } from "@plyr/docket";
import { setTimeout as pause } from "node:timers/promises";
import { Order, type Report } from "./messages.ts";
import { work } from "./task.ts";

const order = Order.parse(JSON.parse(process.argv[2] ?? "null"));
const tell = (report: Report): void => {
  process.send?.(report);
};

const docket = await Docket.open({
  url: order.url,
  name: order.docket,
  tasks: [work],
  services: {
    run: async (n: number, delivery: number) => {
      tell({ kind: "started", n });
      if (order.hangsFirst && delivery === 1) await new Promise(() => undefined);
      await pause(order.taskMs);
      tell({ kind: "ended", n });
    },
  },
});
await docket.worker({ concurrency: order.concurrency }).start();
tell({ kind: "ready" });

// Whoever started it is gone, however it went.
process.once("disconnect", () => {
  process.exit(1);
});
