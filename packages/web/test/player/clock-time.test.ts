import { expect, test } from "vitest";
import { clockTime, spokenTime } from "../../src/player/clock-time.js";

test.each([
  [0, "0:00", "0 seconds"],
  [7.4, "0:07", "7 seconds"],
  [59.6, "1:00", "1 minute"],
  [61, "1:01", "1 minute 1 second"],
  [754, "12:34", "12 minutes 34 seconds"],
  [3671, "1:01:11", "61 minutes 11 seconds"],
  [-1, "0:00", "0 seconds"],
])("%d s", (seconds, clock, spoken) => {
  expect(clockTime(seconds)).toBe(clock);
  expect(spokenTime(seconds)).toBe(spoken);
});
