import { expect } from "vitest";
import { z } from "zod";
import { defineTask, type CommandCounts } from "../../src/index.js";
import { until } from "../until.js";
import { test } from "./harbour.js";
import { Monitor } from "./monitor.js";

test("what a docket says it has sent is what Redis has seen, within 2 %, by what it was for", async ({
  harbour,
}) => {
  const ran: number[] = [];
  const task = defineTask<undefined>()({
    name: "task",
    payload: z.number(),
    run: (n) => Promise.resolve(ran.push(n)),
  });
  const docket = await harbour.open(undefined, [task]);
  await harbour.worker(docket);
  // The first of each has the scripts loaded.
  await docket.add(task, 0);
  await until("it has run", () => ran.length === 1);
  await until("it is settled", async () => (await docket.snapshot()).running === 0);
  await using monitor = await Monitor.start(harbour.server.url);
  // The monitor's own.
  await monitor.taken();
  const before = docket.commandsSent();
  for (let n = 1; n <= 40; n += 1) {
    await docket.add(task, n);
    await until("it has run", () => ran.length === n + 1);
  }
  await docket.addMany(
    task,
    Array.from({ length: 200 }, () => 0),
  );
  await until("all have run", () => ran.length === 241);
  await until("they are settled", async () => (await docket.snapshot()).running === 0);
  const seen = (await monitor.taken()).length;
  const { adding, finishing, waiting, ...after } = docket.commandsSent();
  const sent = sum({ adding, finishing, waiting, ...after }) - sum(before);
  expect(Math.abs(sent - seen) / seen).toBeLessThan(0.02);
  expect(adding - before.adding).toBe(41);
  expect(finishing).toBeGreaterThan(40);
  expect(waiting).toBeGreaterThan(40);
});

function sum(counts: CommandCounts): number {
  return Object.values<number>({ ...counts }).reduce((whole, count) => whole + count, 0);
}
