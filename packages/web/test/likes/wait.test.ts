import { expect, onTestFinished, test, vi } from "vitest";
import { waitOnClock } from "../../src/likes/wait.js";

/** Whether a promise has resolved by now. */
async function isDone(waiting: Promise<void>): Promise<boolean> {
  let done = false;
  void waiting.then(() => (done = true));
  await Promise.resolve();
  await Promise.resolve();
  return done;
}

test("waits as long as asked, or until interrupted, and leaves no timer behind", async () => {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const whole = waitOnClock(300, new AbortController().signal);
  vi.advanceTimersByTime(299);
  expect(await isDone(whole)).toBe(false);
  vi.advanceTimersByTime(1);
  expect(await isDone(whole)).toBe(true);

  const interruption = new AbortController();
  const cut = waitOnClock(10_000, interruption.signal);
  interruption.abort();
  expect(await isDone(cut)).toBe(true);
  expect(vi.getTimerCount()).toBe(0);

  const late = waitOnClock(10_000, interruption.signal);
  vi.advanceTimersByTime(0);
  expect(await isDone(late)).toBe(true);
});
