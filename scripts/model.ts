import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

/** Holds the stores to the model for longer than the tests do: `npm run model -- --runs 5000 --seed 1`. */
const { values } = parseArgs({ options: { runs: { type: "string" }, seed: { type: "string" } } });

function wholeNumber(option: string, said: string): string {
  if (!/^\d{1,9}$/.test(said)) throw new RangeError(`--${option} is ${said}: give a whole number`);
  return said;
}

const runs = wholeNumber("runs", values.runs ?? "2000");
const seed = wholeNumber("seed", values.seed ?? String(Date.now() % 1_000_000_000));
console.log(`${runs} scripts of each kind on each store; to see them again: --runs ${runs} --seed ${seed}`);
const { status } = spawnSync("vitest", ["run", "--project", "docket", "packages/docket/test/model"], {
  stdio: "inherit",
  env: { ...process.env, MODEL_RUNS: runs, MODEL_SEED: seed },
});
process.exitCode = status ?? 1;
