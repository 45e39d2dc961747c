import { expect, test } from "vitest";
import { outagePauses, pauseAfter, signInPause } from "../../src/records/pauses.js";

test("pauses double, are jittered down to a half, and never exceed a minute", () => {
  const least = (deferrals: number) => pauseAfter(deferrals, outagePauses, () => 0);
  const most = (deferrals: number) => pauseAfter(deferrals, outagePauses, () => 1);
  expect([0, 1, 2, 3, 6, 7, 1_000].map(most)).toEqual([1_000, 1_000, 2_000, 4_000, 32_000, 60_000, 60_000]);
  expect([1, 2, 1_000].map(least)).toEqual([500, 1_000, 30_000]);
});

test("a write that waits for a sign-in is looked at soon, then every six hours", () => {
  expect([0, 1, 2, 3, 4, 500].map(signInPause)).toEqual([
    10_000, 10_000, 60_000, 600_000, 21_600_000, 21_600_000,
  ]);
});
