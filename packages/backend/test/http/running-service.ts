import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, type Pds } from "@plyr/dev";
import { startService } from "../../src/service.js";
import type { Role } from "../../src/settings/role.js";
import { parseSettings } from "../../src/settings/settings.js";
import { openLog } from "../../src/telemetry/log.js";

export const NAMESPACE = "fm.plyr.test";

export interface RunningService {
  url: string;
  /** As `METHOD /path/:parameter`. */
  routes: readonly string[];
  /** Every line that was logged, at every level. */
  log: string[];
  /** Where it keeps what it keeps; files in `storage`, unless told otherwise. */
  dataDir: string;
  stop(): Promise<void>;
}

/** The whole service in this process, on a free port of loopback, as `bin/serve` starts it. */
export async function runService(place: {
  databaseUrl: string;
  pds?: Pick<Pds, "url" | "plcUrl">;
  env?: Record<string, string>;
  role?: Role;
}): Promise<RunningService> {
  const port = await freePort();
  const dataDir = await mkdtemp(join(tmpdir(), "plyr-service-"));
  const log: string[] = [];
  const settings = parseSettings(
    {
      PORT: String(port),
      PLYR_ENV: "development",
      DATABASE_URL: place.databaseUrl,
      DATA_DIR: dataDir,
      STORAGE_DIR: join(dataDir, "storage"),
      COLLECTION_NAMESPACE: NAMESPACE,
      WEB_DIR: join(dataDir, "no-pages"),
      ...(place.pds && { PLC_URL: place.pds.plcUrl, HANDLE_RESOLVER_URL: place.pds.url }),
      ...place.env,
    },
    place.role,
  );
  const logger = openLog("trace", {
    write: (line) => {
      log.push(line);
    },
  });
  const service = await startService({ settings, log: logger });
  return {
    url: `http://127.0.0.1:${String(port)}`,
    routes: service.routes,
    log,
    dataDir,
    async stop() {
      await service.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
