// A worker of the service with two tasks more: one that never ends, and one that needs nothing but its queue.
import { defineTask } from "@plyr/docket";
import { z } from "zod";
import { startService } from "../../dist/service.js";
import { parseSettings } from "../../dist/settings/settings.js";
import { registry } from "../../dist/tasks/registry.js";
import type { TaskServices } from "../../dist/tasks/services.js";
import { openLog } from "../../dist/telemetry/log.js";

const [, , endless = "", brief = ""] = process.argv;
const payload = z.object({ did: z.string() });
const service = await startService({
  settings: parseSettings(process.env, "worker"),
  log: openLog("silent"),
  registry: [
    ...registry,
    {
      task: defineTask<TaskServices>()({
        ...{ name: endless, payload },
        run: () => new Promise<never>(() => undefined),
      }),
    },
    { task: defineTask<TaskServices>()({ ...{ name: brief, payload }, run: () => Promise.resolve() }) },
  ],
});
process.once("SIGTERM", () => void service.stop());
