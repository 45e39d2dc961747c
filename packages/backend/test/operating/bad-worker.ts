// A worker of the service as a bad deploy would have made it: one of its tasks throws, whatever it is given.
import { defineTask } from "@plyr/docket";
import { z } from "zod";
import { startService } from "../../dist/service.js";
import { parseSettings } from "../../dist/settings/settings.js";
import { registry } from "../../dist/tasks/registry.js";
import type { TaskServices } from "../../dist/tasks/services.js";
import { openLog } from "../../dist/telemetry/log.js";

const broken = process.argv[2] ?? "";
const givenUp = registry.find(({ task }) => task.name === broken)?.givenUp;
const throwing = defineTask<TaskServices>()({
  name: broken,
  payload: z.record(z.string(), z.unknown()),
  onDeadLetter: async (_payload, death, { bury }) => {
    if (death.key !== undefined) await bury(death.key, death.reason);
  },
  run: () => Promise.reject(new TypeError("cannot read the lists of today")),
});
const others = registry.filter(({ task }) => task.name !== broken);

const service = await startService({
  settings: parseSettings(process.env, "worker"),
  log: openLog("silent"),
  registry: [...others, { task: throwing, ...(givenUp === undefined ? {} : { givenUp }) }],
});
process.once("SIGTERM", () => void service.stop());
process.send?.("ready");
