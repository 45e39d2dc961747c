import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { run } from "../../src/cli/run.js";
import { until } from "../until.js";

/** What a command came to. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const BIN = join(import.meta.dirname, "../../dist/bin/docket.js");

/** Carries out a command line in this process. */
export async function typed(argv: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  let [out, err] = ["", ""];
  const code = await run(argv, {
    env,
    stdout: { write: (text: string) => ((out += text), true) },
    stderr: { write: (text: string) => ((err += text), true) },
    signal: new AbortController().signal,
  });
  return { code, out, err };
}

/** Starts the program as it was built, as a shell would. */
export async function started(argv: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  await using program = startProgram(argv, env);
  return await program.ended;
}

export interface Program extends AsyncDisposable {
  readonly ended: Promise<Ended>;
  /** Waits until so much of what it printed can be found. */
  printed(what: RegExp): Promise<unknown>;
  interrupt(): void;
}

export function startProgram(argv: readonly string[], env: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, [BIN, ...argv], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const ended = once(child, "close").then(() => ({ code: child.exitCode ?? -1, out, err }));
  return {
    ended,
    printed: (what) => until(`it has printed ${String(what)}`, () => what.test(out)),
    interrupt: () => child.kill("SIGINT"),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** What was printed for programs, line by line. */
export function values(out: string): unknown[] {
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line));
}
