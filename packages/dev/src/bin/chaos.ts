#!/usr/bin/env node
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { runChaos, type ChaosReport } from "../chaos/chaos.js";
import { describeTrouble } from "../chaos/schedule.js";
import { rowOf, tableOf } from "../chaos/table.js";

const USAGE = `npm run chaos:service -- [--seed N | --seeds A..B] [--length 20] [--parallel 1]

Real people's requests against the real service, for so many seconds, while worker, API, Redis, PDS and bucket are
killed, hung and lied about, as the seed decides; then everything is healed, and the promise is held against what is
there. Of each kind of request: how many were heard, accepted, and never answered. Ends with 1 if the promise was broken.
`;

const flags = z.object({
  seed: z.coerce.number().int().min(0).optional(),
  seeds: z
    .string()
    .regex(/^\d+\.\.\d+$/, "is not A..B")
    .optional(),
  length: z.coerce.number().min(5).max(3_600).default(20),
  parallel: z.coerce.number().int().min(1).max(16).default(1),
  help: z.boolean().default(false),
});

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string" },
    length: { type: "string" },
    parallel: { type: "string" },
    help: { type: "boolean" },
  },
});
const asked = flags.safeParse(values);
if (!asked.success || asked.data.help) {
  if (!asked.success) console.error(z.prettifyError(asked.error));
  console.log(USAGE);
  process.exitCode = asked.success ? 0 : 2;
} else {
  const { seed, seeds, length, parallel } = asked.data;
  const waiting = seeds === undefined ? [seed ?? Date.now() % 1_000_000] : range(seeds);
  const folder = mkdtempSync(join(tmpdir(), "plyr-chaos-logs-"));
  const reports: ChaosReport[] = [];
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const logFile = join(folder, `seed-${String(next)}.log`);
        const report = await runChaos({ seed: next, length: length * 1_000, logFile });
        reports.push(report);
        console.log(rowOf(report));
        tell(report, logFile);
      }
    }),
  );
  const broken = reports.filter(({ faults }) => faults.length > 0).length;
  if (broken === 0) rmSync(folder, { recursive: true, force: true });
  console.log(`\n${tableOf(reports)}\n`);
  console.log(broken === 0 ? "The promise held." : `The promise was broken by ${String(broken)} seeds.`);
  process.exitCode = broken === 0 ? 0 : 1;
}

function tell({ seed, plan, faults, shut }: ChaosReport, logFile: string): void {
  for (const fault of faults) console.log(`        ${fault}`);
  if (faults.length === 0) {
    rmSync(logFile, { force: true });
    return;
  }
  console.log(
    `        what went wrong around it:\n${plan.map((each) => `          ${describeTrouble(each)}`).join("\n")}`,
  );
  for (const reason of shut) console.log(`        a sign-in failed: ${reason}`);
  console.log(`        log: ${logFile}; again: npm run chaos:service -- --seed ${String(seed)}`);
}

function range(seeds: string): number[] {
  const [from = 0, to = 0] = seeds.split("..").map(Number);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
}
