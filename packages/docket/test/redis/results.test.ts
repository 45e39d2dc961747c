import { expect } from "vitest";
import { z } from "zod";
import { defineTask } from "../../src/index.js";
import { until } from "../until.js";
import { test } from "./harbour.js";

const square = defineTask<undefined>()({
  name: "square",
  payload: z.number(),
  result: true,
  run: (n) => Promise.resolve(n * n),
});

test.override("redisArgs", ["--appendonly", "yes", "--appendfsync", "always"]);

test("a result reaches those who wait on another docket, and their connection goes with the last of them", async ({
  harbour,
}) => {
  const clients = (): Promise<number> =>
    harbour.server.ask(async (redis) => {
      const list = await redis.client("LIST");
      return String(list)
        .split("\n")
        .filter((line) => / sub=[1-9]/.test(line)).length;
    });
  const asking = await harbour.open(undefined, [square]);
  const warnings: Error[] = [];
  const warn = (warning: Error): number => warnings.push(warning);
  process.on("warning", warn);
  const numbers = Array.from({ length: 50 }, (_, at) => at);
  const handles = await asking.addMany(square, numbers);
  const waiting = Promise.all(handles.map((handle) => handle.result()));
  await until("they are waiting", async () => (await clients()) === 1);
  await harbour.worker(await harbour.open(undefined, [square]));
  expect(await waiting).toEqual(numbers.map((n) => n * n));
  await until("nobody is subscribed", async () => (await clients()) === 0);
  process.off("warning", warn);
  expect(warnings).toEqual([]);
});

test("who waits goes on waiting through a restart of Redis", async ({ harbour }) => {
  const asking = await harbour.open(undefined, [square]);
  const handle = await asking.add(square, 5);
  const waiting = handle.result();
  await harbour.server.kill();
  const away = (await Promise.race([waiting, Promise.resolve("still waiting")])) === "still waiting";
  expect(away).toBe(true);
  await harbour.server.restart();
  await harbour.worker(await harbour.open(undefined, [square]));
  expect(await waiting).toBe(25);
});
