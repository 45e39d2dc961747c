import { setTimeout as sleep } from "node:timers/promises";
import { defineTask, Docket } from "@plyr/docket";
import { z } from "zod";

const greet = defineTask()({
  name: "greet",
  payload: z.object({ whom: z.string() }),
  async run({ whom }) {
    await sleep(100); // what takes its time
    console.log(`Hello, ${whom}!`);
  },
});
const docket = await Docket.open({ url: process.env["DOCKET_URL"], tasks: [greet], services: {} });
await docket.add(greet, { whom: "world" });
await docket.worker().runUntilIdle();
await docket.close();
