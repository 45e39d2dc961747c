import { startRedis, until, type Redis } from "@plyr/dev";
import { defineTask } from "@plyr/docket";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { readCost } from "../../src/costs/cost.js";
import { SentCommands } from "../../src/costs/sent-commands.js";
import { concernsOf } from "../../src/operating/concerns.js";
import type { TaskServices } from "../../src/tasks/services.js";
import { setStage, type Stage } from "../outbox/stage.js";

let stage: Stage;
let redis: Redis;
beforeAll(async () => {
  [stage, redis] = await Promise.all([setStage(), startRedis()]);
});
afterEach(async () => {
  await stage.endProcesses();
  await stage.db.deleteFrom("redis_commands").execute();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await redis.close();
});

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

test("what a process sends is noted by day, process and purpose, each command once", async () => {
  const ran: number[] = [];
  const count = defineTask<TaskServices>()({
    name: "count",
    payload: z.object({ n: z.int() }),
    run: ({ n }) => Promise.resolve(ran.push(n)),
  });
  const background = await stage.process({ docketUrl: redis.url, registry: [{ task: count }] });
  const commands = new SentCommands({ db: stage.db, sent: background.commandsSent, process: "all", log });
  await commands.note();
  for (let n = 1; n <= 10; n += 1) {
    await background.outbox.schedule(count, { n });
    await until("it has run", () => ran.length === n);
  }
  await commands.note();
  await stage.endProcesses();
  await commands.stop();
  const { sent, today, day } = await readCost(stage.db, 10_000);
  const whole = Object.values<number>({ ...background.commandsSent() }).reduce((sum, one) => sum + one, 0);
  expect(today).toBe(whole);
  expect(day).toBe(new Date().toISOString().slice(0, 10));
  const adding = sent.find(({ purpose }) => purpose === "adding");
  // The perpetual task's is one, and the first of a script is sent twice.
  expect(adding).toMatchObject({ process: "all" });
  expect(adding?.commands).toBeGreaterThanOrEqual(10);
  expect(adding?.commands).toBeLessThanOrEqual(13);
});

test("the day and the month are told from the pace since counting began, once there is one", async () => {
  const day = sql<string>`to_char(now() at time zone 'utc', 'YYYY-MM-DD')`;
  const row = { day, process: "api", purpose: "adding", commands: 6_000 };
  const since = (minutes: number) => new Date(Date.now() - minutes * 60_000);
  await stage.db
    .insertInto("redis_commands")
    .values({ ...row, since: since(30) })
    .execute();
  expect(await readCost(stage.db, 10_000)).toMatchObject({ today: 6_000, projectedDay: null, price: null });
  await stage.db.deleteFrom("redis_commands").execute();
  await stage.db
    .insertInto("redis_commands")
    .values({ ...row, since: since(120) })
    .execute();
  const left = Math.ceil(Date.now() / 86_400_000) * 86_400_000 - Date.now();
  const expected = 6_000 + (3_000 * left) / 3_600_000;
  const found = await readCost(stage.db, 10_000);
  expect(Math.abs((found.projectedDay ?? 0) - expected)).toBeLessThan(60);
  expect(found.projectedMonth).toBe((found.projectedDay ?? 0) * 30);
  expect(found.price?.month).toBeCloseTo(((found.projectedMonth ?? 0) / 100_000) * 0.2, 5);
  expect(found.days).toEqual([{ day: found.day, commands: 6_000 }]);
});

test.each([
  { sent: 7_999, projected: null, atRisk: false },
  { sent: 8_000, projected: null, atRisk: true },
  { sent: 5_000, projected: 10_000, atRisk: false },
  { sent: 5_000, projected: 10_001, atRisk: true },
])("with $sent sent and $projected to come the budget is at risk: $atRisk", ({ sent, projected, atRisk }) => {
  const concerns = concernsOf({ mode: "docket", workers: 1, budget: { sent, projected, limit: 10_000 } });
  expect(concerns.map(({ id }) => id)).toEqual(atRisk ? ["budget"] : []);
});
