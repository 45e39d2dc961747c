import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { runChaos } from "./chaos.js";
import { describeReport, rowOf, ROW_HEAD } from "./report.js";

const USAGE = `npm run chaos -- [--seed N | --seeds A..B] [--tasks 20000] [--parallel 1]

Producers and workers, also of the last release, in processes of their own, on one Redis, with so many tasks of all kinds,
while processes, Redis and the way to it are killed, hung, cut off and exchanged, as the seed decides. Every call and every
run is written down outside the engine; when all is quiet, that is held against what the engine promises. Ends with 1 if it broke
a promise.
`;

const flags = z.object({
  seed: z.coerce.number().int().min(0).optional(),
  seeds: z
    .string()
    .regex(/^\d+\.\.\d+$/, "is not A..B")
    .optional(),
  tasks: z.coerce.number().int().min(100).default(20_000),
  parallel: z.coerce.number().int().min(1).max(16).default(1),
  help: z.boolean().default(false),
});
/** Of one seed's tasks, in a second. */
const PER_SECOND = 600;

const { values } = parseArgs({
  options: {
    ...{ seed: { type: "string" }, seeds: { type: "string" }, tasks: { type: "string" } },
    ...{ parallel: { type: "string" }, help: { type: "boolean" } },
  },
});
const asked = flags.safeParse(values);
if (!asked.success || asked.data.help) {
  if (!asked.success) console.error(z.prettifyError(asked.error));
  console.log(USAGE);
  process.exitCode = asked.success ? 0 : 2;
} else {
  const { seed, seeds, tasks, parallel } = asked.data;
  const waiting = seeds === undefined ? [seed ?? Date.now() % 1_000_000] : range(seeds);
  const folder = mkdtempSync(join(tmpdir(), "docket-chaos-"));
  let broken = 0;
  console.log(ROW_HEAD);
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const report = await runChaos({ seed: next, tasks, perSecond: PER_SECOND, folder });
        console.log(rowOf(report));
        if (report.faults.length === 0) {
          rmSync(report.folder, { recursive: true, force: true });
          continue;
        }
        broken += 1;
        console.log(
          describeReport(report, `npm run chaos -- --seed ${String(next)} --tasks ${String(tasks)}`),
        );
      }
    }),
  );
  if (broken === 0) rmSync(folder, { recursive: true, force: true });
  console.log(broken === 0 ? "All promises were kept." : `Promises were broken by ${String(broken)} seeds.`);
  process.exitCode = broken === 0 ? 0 : 1;
}

function range(seeds: string): number[] {
  const [from = 0, to = 0] = seeds.split("..").map(Number);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
}
