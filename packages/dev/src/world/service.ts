import { createWriteStream } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { Program } from "../processes/program.js";
import { until } from "../waiting/until.js";

export interface ServiceOptions {
  /** Added to our own environment. */
  env: Record<string, string>;
  url: string;
  /** Default: the service that is built here. */
  program?: string;
  /** Gets the whole log. */
  logFile: string;
  /** Gets the lines of the log from warnings up, and what isn't a log line. */
  onTrouble: (line: string) => void;
}

export interface Service {
  /** Resolves when the process has ended, however. */
  ended(): Promise<void>;
  /** Asks it to drain and end, and waits until it has. */
  stop(): Promise<void>;
}

// The service drains for up to 30 s.
const GRACE = 40_000;
const START_LIMIT = 60_000;
const QUIET = ["trace", "debug", "info"];

const built = fileURLToPath(new URL("../../../backend/dist/bin/serve.js", import.meta.url));
const logLine = z.object({ level: z.string() });

/**
 * Starts the service in a process of its own and resolves when it answers.
 *
 * @throws when it ends before that, or doesn't answer within 60 s, with the last of its log
 */
export async function startService({
  env,
  url,
  program = built,
  logFile,
  onTrouble,
}: ServiceOptions): Promise<Service> {
  const log = createWriteStream(logFile, { flags: "a", mode: 0o600 });
  let rest = "";
  const service = new Program({
    name: "The service",
    command: process.execPath,
    args: [program],
    env: { ...process.env, ...env },
    orphanSignal: "TERM",
    grace: GRACE,
    onOutput: (text) => {
      log.write(text);
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      lines.filter(isTrouble).forEach(onTrouble);
    },
  });
  await service.start();
  const healthy = until("the service answers", async () => (await fetch(new URL("/health", url))).ok, {
    within: START_LIMIT,
    every: 100,
  });
  try {
    await Promise.race([healthy, service.ended()]);
    if (!service.running) throw new Error(`The service ended while it started:\n${service.output}`);
  } catch (error) {
    await service.kill();
    await service.close();
    throw error;
  }
  return {
    ended: () => service.ended(),
    stop: async () => {
      await service.close();
      log.end();
    },
  };
}

function isTrouble(line: string): boolean {
  if (line.trim() === "") return false;
  try {
    return !QUIET.includes(logLine.parse(JSON.parse(line)).level);
  } catch {
    return true;
  }
}
