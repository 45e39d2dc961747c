// Plain JavaScript that Node 20 runs: this is where `npm test` starts, before anything is built.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { preparePrograms, thisMachine } from "./machine.js";

const root = join(import.meta.dirname, "..");
const bin = join(root, "node_modules", ".bin");

/** @param {string[]} command */
function run([program = "", ...args]) {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` };
  const { status, error } = spawnSync(program, args, { cwd: root, env, stdio: "inherit" });
  if (error) console.error(`${program} could not be started: ${error.message}`);
  return status ?? 1;
}

function test() {
  // Under npm's --ignore-scripts the package `node` is there without its program.
  if (!existsSync(join(bin, "node"))) {
    console.error("The project's own Node is not installed. Run `npm ci` with install scripts allowed.");
    return 1;
  }
  if (
    !preparePrograms(thisMachine(), (line) => {
      console.error(line);
    })
  )
    return 1;
  return run(["npm", "run", "build"]) || run(["vitest", "run", ...process.argv.slice(2)]);
}

process.exitCode = test();
