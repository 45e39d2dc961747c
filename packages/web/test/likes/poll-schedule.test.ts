import { expect, test } from "vitest";
import { pollDelay, type PollReason } from "../../src/likes/poll-schedule.js";

/** Delays of the first `count` questions. */
const delays = (reason: PollReason, count: number) =>
  Array.from({ length: count }, (_, asked) => pollDelay(reason, asked));

test("a write under way is asked for every 300 ms, then every 2 s, then every 10 s", () => {
  expect(delays("writing", 27)).toEqual([
    ...Array<number>(10).fill(300),
    ...Array<number>(15).fill(2_000),
    10_000,
    10_000,
  ]);
  expect(pollDelay("writing", 1_000_000)).toBe(10_000);
});

test.each(["waiting", "unknown"] as const)("%s starts slower and ends at 10 s", (reason) => {
  expect(delays(reason, 7)).toEqual([2_000, 2_000, 2_000, 2_000, 2_000, 10_000, 10_000]);
});

test.each(["needs-sign-in", "confirmed", "failed"] as const)(
  "%s does not change by itself: no question",
  (reason) => {
    expect(delays(reason, 3)).toEqual([null, null, null]);
  },
);
