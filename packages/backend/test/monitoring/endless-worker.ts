// A worker of the service with two tasks more: one that never ends, and one that needs nothing but its queue.
import { startService } from "../../dist/service.js";
import { parseSettings } from "../../dist/settings/settings.js";
import { registry } from "../../dist/tasks/registry.js";
import { openLog } from "../../dist/telemetry/log.js";
import { brief, endless } from "./own-tasks.ts";

const service = await startService({
  settings: parseSettings(process.env, "worker"),
  log: openLog("silent"),
  registry: [...registry, { task: endless }, { task: brief }],
});
process.once("SIGTERM", () => void service.stop());
