import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { secondsOfOnePlay, secondsToHear, statusExpiry } from "../../src/plays/rule.js";
import { CLIENT_AGENT } from "../../src/records/teal.js";

test.each([
  [1, 1],
  [119, 119],
  [120, 60],
  [301, 150.5],
  [480, 240],
  [7_200, 240],
])("of a track of %i s, %d s have to be heard", (duration, seconds) => {
  expect(secondsToHear(duration)).toBe(seconds);
});

test.each([
  [1, 30],
  [200, 200],
  [7_200, 3_600],
])("a track of %i s is one play for %i s", (duration, seconds) => {
  expect(secondsOfOnePlay(duration)).toBe(seconds);
});

test.each([
  [5, 60],
  [200, 200],
  [7_200, 7_200],
])("a status about a track of %i s holds for %i s", (duration, seconds) => {
  const start = new Date("2026-11-24T12:00:00Z");
  expect(statusExpiry(start, duration).getTime() - start.getTime()).toBe(seconds * 1_000);
});

test("plays are submitted under our name and version", () => {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")));
  expect(CLIENT_AGENT).toBe(`plyr/${version}`);
});
