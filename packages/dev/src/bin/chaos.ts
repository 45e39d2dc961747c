#!/usr/bin/env node
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { runChaos, type ChaosReport } from "../chaos/chaos.js";
import { describeTrouble } from "../chaos/schedule.js";

const USAGE = `npm run chaos:service -- [--seed N | --seeds A..B] [--seconds 20] [--parallel 1]

Real people's requests against the real service, while worker, API, Redis and PDS are killed, hung and lied about, as
the seed decides; then everything is healed, and the promise is held against what is there. Ends with 1 if it was broken.
`;

const flags = z.object({
  seed: z.coerce.number().int().min(0).optional(),
  seeds: z
    .string()
    .regex(/^\d+\.\.\d+$/, "is not A..B")
    .optional(),
  seconds: z.coerce.number().min(5).max(3_600).default(20),
  parallel: z.coerce.number().int().min(1).max(16).default(1),
  help: z.boolean().default(false),
});

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string" },
    seconds: { type: "string" },
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
  const { seed, seeds, seconds, parallel } = asked.data;
  const waiting = seeds === undefined ? [seed ?? Date.now() % 1_000_000] : range(seeds);
  const folder = mkdtempSync(join(tmpdir(), "plyr-chaos-logs-"));
  console.log("  seed  accepted  refused  unheard  unknown  quiet after  promise");
  let broken = 0;
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const logFile = join(folder, `seed-${String(next)}.log`);
        const report = await runChaos({ seed: next, length: seconds * 1_000, logFile });
        broken += report.faults.length === 0 ? 0 : 1;
        tell(report, logFile);
      }
    }),
  );
  if (broken === 0) rmSync(folder, { recursive: true, force: true });
  console.log(broken === 0 ? "The promise held." : `The promise was broken by ${String(broken)} seeds.`);
  process.exitCode = broken === 0 ? 0 : 1;
}

function tell({ seed, plan, told, quietAfter, faults }: ChaosReport, logFile: string): void {
  const row = [
    String(seed).padStart(6),
    String(told.accepted).padStart(8),
    String(told.refused - told.unheard).padStart(7),
    String(told.unheard).padStart(7),
    String(told.unknown).padStart(7),
    `${(quietAfter / 1_000).toFixed(1)} s`.padStart(11),
    faults.length === 0 ? "held" : "BROKEN",
  ];
  console.log(row.join("  "));
  if (faults.length === 0) {
    rmSync(logFile, { force: true });
    return;
  }
  for (const fault of faults) console.log(`        ${fault}`);
  console.log(
    `        what went wrong around it:\n${plan.map((each) => `          ${describeTrouble(each)}`).join("\n")}`,
  );
  console.log(`        log: ${logFile}; again: npm run chaos:service -- --seed ${String(seed)}`);
}

function range(seeds: string): number[] {
  const [from = 0, to = 0] = seeds.split("..").map(Number);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
}
