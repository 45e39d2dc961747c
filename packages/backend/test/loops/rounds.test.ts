import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Rounds } from "../../src/loops/rounds.js";

const HOUR = 3_600_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** All that was to happen by then has happened. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** Rounds that each last until they are let go. */
function slowRounds(interval: number): { rounds: Rounds; begun: () => number; letGo: () => void } {
  let begun = 0;
  let letGo = (): void => undefined;
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const rounds = new Rounds({
    name: "test",
    interval,
    log: silent,
    round: () => {
      begun += 1;
      return new Promise<void>((resolve) => {
        letGo = resolve;
      });
    },
  });
  return {
    rounds,
    begun: () => begun,
    letGo: () => {
      letGo();
    },
  };
}

test("what is asked for during a round comes right after it, and not beside it", async () => {
  const { rounds, begun, letGo } = slowRounds(HOUR);
  rounds.start();
  await pass(1);
  rounds.soon();
  rounds.soon();
  await pass(1_000);
  expect(begun()).toBe(1);
  letGo();
  await pass(1);
  expect(begun()).toBe(2);
  letGo();
  await pass(HOUR - 1);
  expect(begun()).toBe(2);
  await pass(1);
  expect(begun()).toBe(3);
});

test("started again while the last round ends, there is one chain of rounds and not two", async () => {
  const { rounds, begun, letGo } = slowRounds(10);
  rounds.start();
  await pass(1);
  const stopped = rounds.stop();
  rounds.start();
  await pass(1_000);
  expect(begun()).toBe(1);
  letGo();
  await stopped;
  await pass(10);
  expect(begun()).toBe(2);
  const ended = rounds.stop();
  letGo();
  await ended;
  rounds.soon();
  await pass(1_000);
  expect(begun()).toBe(2);
});
