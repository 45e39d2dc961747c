import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runChaos } from "./chaos/chaos.js";
import { planDisturbances } from "./chaos/plan.js";
import { describeReport } from "./chaos/report.js";

const SEED = 1;

test("processes, Redis and the way to it are disturbed under a load of all kinds of tasks: every promise is kept", async () => {
  const folder = mkdtempSync(join(tmpdir(), "docket-chaos-test-"));
  try {
    const report = await runChaos({ seed: SEED, tasks: 3_000, perSecond: 500, folder });
    if (report.faults.length > 0)
      console.error(describeReport(report, `npm run chaos -- --seed ${String(SEED)} --tasks 3000`));
    expect(report.faults).toEqual([]);
    expect(report.history.runs.length).toBeGreaterThan(2_000);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);

test("a seed decides what goes wrong, and each disturbance comes with some seed", () => {
  expect(planDisturbances(7, 30_000)).toEqual(planDisturbances(7, 30_000));
  expect(planDisturbances(7, 30_000)).not.toEqual(planDisturbances(8, 30_000));
  const seeds = Array.from({ length: 30 }, (_, seed) => planDisturbances(seed, 30_000));
  expect(new Set(seeds.flat().map(({ trouble }) => trouble)).size).toBe(12);
});
