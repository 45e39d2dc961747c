import type { Hono } from "hono";
import type { Logger } from "pino";
import { SentCommands } from "../costs/sent-commands.js";
import { migrateToLatest } from "../database/migrate.js";
import { openDatabase } from "../database/open.js";
import type { HttpEnv } from "../http/env.js";
import { readRedisCertificates } from "../settings/redis-certificates.js";
import type { Settings } from "../settings/settings.js";
import { openStorage } from "../storage/open.js";
import { openRepositories } from "../repository/open.js";
import { openBackground } from "../tasks/background.js";
import { registry } from "../tasks/registry.js";
import { openOperatorApp } from "./app.js";

/**
 * The operators' routes in this very process, on the same database as the service. What they accept is committed here and
 * handed to docket; processes of the service carry it out (and find by themselves what this one could not hand over).
 *
 * @throws {FolderInUse} when the embedded database is open in another process
 * @throws when the database can't be used
 */
export async function openInProcess(
  settings: Settings,
  log: Logger,
): Promise<{ app: Hono<HttpEnv>; close: () => Promise<void> }> {
  const { database, docket, storage: place, collectionNamespace: namespace } = settings;
  await using opening = new AsyncDisposableStack();
  const db = await openDatabase({ databaseUrl: database.url, dataDir: database.dataDir });
  opening.defer(() => db.destroy());
  await migrateToLatest(db);
  const storage = await openStorage(place, log);
  opening.defer(() => {
    storage.close();
  });
  const repositories = openRepositories(settings);
  const background = await openBackground({
    db,
    docketUrl: docket.url,
    docketCertificates: await readRedisCertificates(docket),
    docketName: docket.name,
    concurrency: 1,
    worker: false,
    restore: () => Promise.reject(new Error(NOTHING_RUNS)),
    markGrantLost: () => Promise.reject(new Error(NOTHING_RUNS)),
    storage,
    repositories,
    namespace,
    budget: docket.budget,
    log,
  });
  const commands = new SentCommands({ db, sent: background.commandsSent, process: "command", log });
  opening.defer(() => commands.stop());
  // Never started: it accepts and hands over, and has nothing to drain.
  opening.defer(() => background.stop({ drain: 0 }));
  const open = opening.move();
  return {
    app: openOperatorApp({
      db,
      background,
      registry,
      repositories: openRepositories(settings),
      namespace,
      publicUrl: settings.http.publicUrl,
      budget: docket.budget,
      log,
    }),
    close: () => open.disposeAsync(),
  };
}

const NOTHING_RUNS = "an operator's command writes to no PDS: processes of the service do";
