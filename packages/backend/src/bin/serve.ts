#!/usr/bin/env node
import { startService } from "../service.js";
import { parseRole } from "../settings/role.js";
import { SettingsError } from "../settings/settings-error.js";
import { parseSettings } from "../settings/settings.js";
import { openLog } from "../telemetry/log.js";

// Told to end while it starts, it starts and ends in order.
const told = Promise.race([signalled("SIGTERM"), signalled("SIGINT")]);
try {
  const settings = parseSettings(process.env, parseRole(process.argv.slice(2)));
  const log = openLog(settings.logLevel);
  const broken = Promise.withResolvers<undefined>();
  const service = await startService({
    settings,
    log,
    onFatal: () => {
      process.exitCode = 1;
      broken.resolve(undefined);
    },
  });
  const signal = await Promise.race([broken.promise, told]);
  log.info({ signal }, "stopping");
  await service.stop();
  log.info({}, "stopped");
} catch (error) {
  // What the operator can set right needs no stack.
  process.stderr.write(`${error instanceof SettingsError ? error.message : describe(error)}\n`);
  process.exitCode = 1;
}

function signalled(signal: NodeJS.Signals): Promise<NodeJS.Signals> {
  return new Promise((resolve) => process.once(signal, resolve));
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
