import { appendFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LOOPBACK } from "../network/ports.js";
import { Program } from "../processes/program.js";
import { until } from "../waiting/until.js";

/** One process of the service. */
export interface ServiceProcess {
  readonly url: string;
  /** No-op when it runs. */
  start(): Promise<void>;
  /** No-op when it doesn't run. */
  kill(): Promise<void>;
  /** Resolves when it answers. */
  answers(): Promise<void>;
  /** For good. */
  close(): Promise<void>;
  /** How often it ended without our doing. */
  readonly faints: number;
}

const program = fileURLToPath(new URL("../../../backend/dist/bin/serve.js", import.meta.url));

/** @param logFile gets what it logs */
export function serviceProcess(
  role: "api" | "worker" | "all",
  port: number,
  env: Readonly<Record<string, string>>,
  logFile: string,
): ServiceProcess {
  const url = `http://${LOOPBACK}:${String(port)}`;
  const process_ = new Program({
    name: `the service (${role})`,
    command: process.execPath,
    args: [program, "--role", role],
    env: { PATH: process.env["PATH"], ...env, PORT: String(port) },
    grace: 40_000,
    onOutput: (text) => {
      appendFileSync(logFile, text);
    },
  });
  let faints = 0;
  let killing = false;
  return {
    url,
    get faints() {
      return faints;
    },
    async start() {
      if (process_.running) return;
      const child = await process_.start();
      child.once("exit", (code) => {
        if (killing) return;
        faints += 1;
        appendFileSync(logFile, `the service (${role}) ended by itself, with ${String(code)}\n`);
      });
    },
    async kill() {
      killing = true;
      await process_.kill();
      killing = false;
    },
    async answers() {
      await until(`the service (${role}) answers`, async () => (await fetch(`${url}/health`)).ok, {
        within: 60_000,
        every: 100,
      });
    },
    async close() {
      killing = true;
      await process_.close();
    },
  };
}
