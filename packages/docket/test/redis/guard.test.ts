import { expect, test } from "vitest";
import { Guard, type Lifeline } from "../../src/worker/watchdog/guard.js";
import { monotonic, Table } from "../../src/worker/watchdog/table.js";
import type { Held } from "../../src/store/store.js";

const orders = { leaseMs: 200, graceMs: 60_000, idleMs: 5, tasks: ["task"] };
const unused = (): Promise<Lifeline> => Promise.reject(new Error("nothing was to be asked"));

function put(table: Table, slot: number, id: string): void {
  const taken = table.put(slot, {
    ...{ id, delivery: 1, task: 0 },
    ...{ deadline: monotonic() + 60_000n, leasedUntil: monotonic() },
  });
  expect(taken).toBe(true);
}

test("the watchdog's thread ends when nothing has run for long, and whoever runs something next finds it gone", async () => {
  const table = Table.of(2);
  expect(table.wake()).toBe(false);
  await new Guard(table, orders, unused).run();
  expect(table.wake()).toBe(false);
  expect(table.wake()).toBe(true);
});

test("a silent thread's leases are renewed until it gives a sign of life, and what was lost is told of the run that lost it alone", async () => {
  const table = Table.of(2);
  table.wake();
  table.beat();
  put(table, 0, "kept");
  put(table, 1, "lost");
  const asked: string[][] = [];
  let closed = 0;
  const lifeline: Lifeline = {
    renew: (held: readonly Held[]) => {
      asked.push(held.map(({ id }) => id));
      if (asked.length === 2) return Promise.reject(new Error("away"));
      if (asked.length > 2) {
        table.free(0);
        table.free(1);
      }
      return Promise.resolve(["lost"]);
    },
    close: () => Promise.resolve((closed += 1)).then(() => undefined),
  };
  const before = table.leasedUntil(0);
  await new Guard(table, orders, () => Promise.resolve(lifeline)).run();
  expect(asked).toEqual([
    ["kept", "lost"],
    ["kept", "lost"],
    ["kept", "lost"],
  ]);
  expect(closed).toBe(1);
  expect(table.leasedUntil(0) - before).toBeGreaterThanOrEqual(200n);
  expect(table.isLost(0)).toBe(false);
  expect(table.isLost(1)).toBe(true);
  expect(table.takeLost()).toBe(true);
  expect(table.takeLost()).toBe(false);
  put(table, 1, "next in its slot");
  expect(table.isLost(1)).toBe(false);
});

test("an id that has no room in the table is not watched", () => {
  const table = Table.of(1);
  const run = { delivery: 1, task: 0, deadline: 0n, leasedUntil: 0n };
  expect(table.put(0, { ...run, id: "x".repeat(65) })).toBe(false);
  expect(table.watched()).toEqual([]);
  expect(table.put(0, { ...run, id: "ü".repeat(32) })).toBe(true);
  expect(table.watched()).toMatchObject([{ id: "ü".repeat(32) }]);
});
