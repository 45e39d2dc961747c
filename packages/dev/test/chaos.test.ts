import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runChaos } from "../src/chaos/chaos.js";
import { Chance } from "../src/chaos/chance.js";
import { describeTrouble, planTroubles } from "../src/chaos/schedule.js";
import { describeSetting, settingOf } from "../src/chaos/setting.js";
import { sum } from "../src/chaos/tally.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plyr-chaos-test-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const LENGTH = 12_000;

// What nobody else's test shares is started for each; together they take little longer than one.
describe.concurrent("several people, and everything killed, hung and lied about", () => {
  test.each([1, 2, 3])(
    "seed %i: the audit finds nothing to repair, and every repository is as people were told",
    async (seed) => {
      const logFile = join(folder, `seed-${String(seed)}.log`);
      const report = await runChaos({ seed, length: LENGTH, logFile });
      const told = sum([...report.told.values()]);
      console.info(
        `chaos, seed ${String(seed)} (${describeSetting(report.setting)}): ${String(told.accepted)} requests accepted, ` +
          `${String(told.unknown)} without an answer; quiet ${(report.quietAfter / 1_000).toFixed(1)} s after all was healed`,
      );
      const lastOfLog = report.faults.length === 0 ? "" : readFileSync(logFile, "utf8").slice(-4_000);
      expect({ faults: report.faults, plan: report.plan.map(describeTrouble), lastOfLog }).toMatchObject({
        faults: [],
      });
      expect(told.accepted).toBeGreaterThan(10);
    },
    240_000,
  );
});

test("the same seed plans the same, another one something else", () => {
  expect(planTroubles(7, 20_000)).toEqual(planTroubles(7, 20_000));
  expect(planTroubles(7, 20_000)).not.toEqual(planTroubles(8, 20_000));
});

test("every part is troubled by some seed, and no part by two things at a time", () => {
  const plans = Array.from({ length: 20 }, (_, seed) => planTroubles(seed, 20_000));
  const parts = new Set(plans.flat().map(({ trouble }) => trouble.to));
  expect([...parts].sort()).toEqual(["api", "bucket", "line", "pds", "redis", "worker"]);
  for (const plan of plans) {
    for (const part of parts) {
      const own = plan.filter(({ trouble }) => trouble.to === part);
      const overlaps = own.filter(
        (each, at) => each.begins < (own[at - 1]?.begins ?? 0) + (own[at - 1]?.lasts ?? 0),
      );
      expect(overlaps).toEqual([]);
    }
  }
});

test("any twelve seeds in a row have every way of running the service, and what is not there is not troubled", () => {
  const seeds = Array.from({ length: 12 }, (_, number) => 40 + number);
  expect(new Set(seeds.map((seed) => describeSetting(settingOf(seed)))).size).toBe(6);
  for (const seed of seeds) {
    const { split, bucket } = settingOf(seed);
    const troubled = new Set(planTroubles(seed, 20_000).map(({ trouble }) => trouble.to));
    expect([troubled.has("redis"), troubled.has("worker"), troubled.has("bucket")]).toEqual([
      split,
      split,
      bucket,
    ]);
  }
});

test("decisions follow from the seed and the name alone", () => {
  const draw = (chance: Chance) => Array.from({ length: 50 }, () => chance.between(1, 6));
  const drawn = draw(new Chance(1, "a"));
  expect(draw(new Chance(1, "a"))).toEqual(drawn);
  expect(draw(new Chance(1, "b"))).not.toEqual(drawn);
  expect(new Set(drawn)).toEqual(new Set([1, 2, 3, 4, 5, 6]));
});
