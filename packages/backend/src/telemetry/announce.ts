import type { Logger } from "pino";
import { warnOfEviction } from "../operating/concerns.js";
import type { Settings } from "../settings/settings.js";
import type { HealthReport } from "./health.js";

/** Says in the log what has been started, and what is wrong already. */
export function announce(settings: Settings, log: Logger, report: HealthReport): void {
  const { host, port, publicUrl } = settings.http;
  log.info(
    {
      role: settings.role,
      docket: report.docket.mode,
      database: settings.database.url === undefined ? "embedded" : "postgres",
      ...(port !== null && { url: publicUrl, listening: `${host}:${String(port)}` }),
    },
    report.docket.mode === "docket" ? "docket connected" : report.docket.mode,
  );
  const eviction = warnOfEviction(report.docket.evictionPolicy);
  for (const warning of report.warnings) {
    if (warning === eviction)
      log.error({ evictionPolicy: report.docket.evictionPolicy }, `WARNING: ${warning}`);
    else log.warn({}, warning);
  }
}
