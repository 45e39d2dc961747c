#!/usr/bin/env node
import { run } from "../cli/run.js";

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    interrupted.abort();
  });
}
const { env, stdout, stderr } = process;
process.exitCode = await run(process.argv.slice(2), { env, stdout, stderr, signal: interrupted.signal });
