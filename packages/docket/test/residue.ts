import { getEventListeners } from "node:events";
import { afterAll, aroundEach, expect, vi } from "vitest";
import { until } from "./until.js";

/** What keeps a process from ending, or holds a port or a line. Child processes and their pipes may serve a whole file. */
const HELD = ["Timeout", "Immediate", "TCPSocketWrap", "TCPServerWrap", "TCPConnectWrap"];
/** What is being closed takes a moment. */
const WITHIN_MS = 2_000;

/** How many there are of each: timers, sockets, servers, listeners of the process. */
function residue(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo())
    if (HELD.includes(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  for (const event of process.eventNames())
    counts.set(`process.on("${String(event)}")`, process.listenerCount(event));
  return counts;
}

/** What there is more of than before. */
function grown(before: ReadonlyMap<string, number>): string[] {
  return [...residue()]
    .filter(([kind, count]) => count > (before.get(kind) ?? 0))
    .map(([kind, count]) => `${kind}: ${String(count - (before.get(kind) ?? 0))} more than before`);
}

// Tests at the same time can't tell whose it is that is left.
aroundEach(async (runTest, { task }) => {
  if (task.concurrent === true) {
    await runTest();
    return;
  }
  const before = residue();
  const spy = vi.spyOn(EventTarget.prototype, "addEventListener");
  await runTest();
  const signals = new Set(spy.mock.contexts.filter((target) => target instanceof AbortSignal));
  spy.mockRestore();
  if (task.result?.state === "fail") return;
  await until("what a test began is over", () => grown(before).length === 0, WITHIN_MS).catch(
    () => undefined,
  );
  expect(grown(before), "timers, sockets and listeners that a test left behind").toEqual([]);
  // Those of a signal that was aborted go with it.
  const kept = [...signals].filter(
    (signal) => !signal.aborted && getEventListeners(signal, "abort").length > 0,
  );
  expect(kept.length, "signals that were never aborted and still have listeners").toBe(0);
});

// The runner's own timers, of a moment, may hide one of a test's; when a file is through, none is left at all.
afterAll(async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  await until("no timer is left", () => timers() === 0, WITHIN_MS).catch(() => undefined);
  expect(timers(), "timers that the tests of a file left behind").toBe(0);
});
