import { setTimeout as pause } from "node:timers/promises";
import { FolderInUse } from "../database/folder-lock.js";
import { openInProcess } from "../operator/in-process.js";
import { operatorSocket } from "../operator/socket.js";
import type { Settings } from "../settings/settings.js";
import { openLog } from "../telemetry/log.js";
import { Operator, type Send } from "./operator.js";
import { NobodyThere, overSocket } from "./socket-request.js";

const PATIENCE = 10_000;
const LOOK_AGAIN = 250;

/**
 * Reaches the operators' routes for the time of `work`: in this process where the database is a server, or embedded and
 * nobody's; else in the process that has the embedded database, over its socket.
 *
 * @param options.patience for how long a process that has the database and doesn't answer yet is waited for (it may be
 *   starting, or ending); milliseconds, default 10,000
 * @throws {FolderInUse} when a process has the embedded database and doesn't answer its operator
 * @throws when the database can't be used, and whatever `work` throws
 */
export async function reachOperator<T>(
  settings: Settings,
  work: (operator: Operator) => Promise<T>,
  { patience = PATIENCE }: { patience?: number } = {},
): Promise<T> {
  const { send, close } = await reach(settings, patience);
  try {
    return await work(new Operator(send));
  } finally {
    await close();
  }
}

async function reach(
  settings: Settings,
  patience: number,
): Promise<{ send: Send; close: () => Promise<void> }> {
  if (settings.database.url !== undefined) return inThisProcess(settings);
  const send = overSocket(operatorSocket(settings.database.dataDir));
  const until = performance.now() + patience;
  for (;;) {
    if (await isThere(send)) return { send, close: () => Promise.resolve() };
    try {
      return await inThisProcess(settings);
    } catch (error) {
      if (!(error instanceof FolderInUse) || performance.now() > until) throw error;
    }
    await pause(LOOK_AGAIN);
  }
}

async function isThere(send: Send): Promise<boolean> {
  try {
    await send({ method: "GET", path: "/" });
    return true;
  } catch (error) {
    if (error instanceof NobodyThere) return false;
    throw error;
  }
}

async function inThisProcess(settings: Settings): Promise<{ send: Send; close: () => Promise<void> }> {
  // Standard output is for what the command says.
  const log = openLog(settings.logLevel === "info" ? "warn" : settings.logLevel, process.stderr);
  const { app, close } = await openInProcess(settings, log);
  return {
    send: async ({ method, path, body }) =>
      app.request(path, {
        method,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      }),
    close,
  };
}
