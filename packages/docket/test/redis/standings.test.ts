import { afterEach, expect, test, vi } from "vitest";
import { Standings } from "../../src/store/redis/standings.js";

const AN_HOUR_MS = 3_600_000;
const NOBODY_KNOWS = ["", "", ""];

afterEach(() => {
  vi.useRealTimers();
});

function heard(): Standings {
  vi.useFakeTimers({ toFake: ["Date", "performance"], now: 1_000_000 });
  const standings = new Standings();
  standings.heard("w", { now: 5_000, aliveUntil: "145000", slots: "3:10000" });
  return standings;
}

test("what a worker's last answer said stands for a few seconds, and its time goes on", () => {
  const standings = heard();
  vi.advanceTimersByTime(4_000);
  expect(standings.told("w")).toEqual(["9000", "145000", "3:10000"]);
  expect(standings.told("another")).toEqual(NOBODY_KNOWS);
  vi.advanceTimersByTime(11_000);
  expect(standings.told("w")).toEqual(NOBODY_KNOWS);
});

test("it doesn't stand after a machine has slept, or its time was set: the clocks have parted", () => {
  const standings = heard();
  vi.setSystemTime(Date.now() + AN_HOUR_MS);
  expect(standings.told("w")).toEqual(NOBODY_KNOWS);
});

test("it doesn't stand for a worker that has said goodbye, or whose next answer isn't heard", () => {
  const standings = heard();
  standings.forget("w");
  expect(standings.told("w")).toEqual(NOBODY_KNOWS);
});
