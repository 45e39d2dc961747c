import { describe, expect } from "vitest";
import { Redis } from "ioredis";
import { z } from "zod";
import { defineTask, Terminal, type Duration } from "../../src/index.js";
import { signal } from "../signal.js";
import { onBothStores, test } from "../stage.js";
import { until } from "../until.js";

function ticking(ran: number[], now: () => number, run: () => Promise<unknown> = () => Promise.resolve()) {
  return defineTask<undefined>()({
    name: "tick",
    payload: z.null(),
    every: "1m",
    run: () => {
      ran.push(now());
      return run();
    },
  });
}

onBothStores("a task that comes by itself", () => {
  test("runs when a worker comes, and then this often, once for all workers", async ({ stage }) => {
    const ran: number[] = [];
    const start = stage.clock.now();
    const task = ticking(ran, () => stage.clock.now() - start);
    const docket = await stage.open([task]);
    await Promise.all([stage.worker(docket).start(), stage.worker(docket).start()]);
    await until("it has run", () => ran.length === 1);
    for (const runs of [2, 3]) {
      await until("it is put off", async () => (await docket.snapshot()).delayed === 1);
      stage.clock.advance("59s");
      stage.clock.advance("1s");
      await until("it has run again", () => ran.length === runs);
    }
    expect(ran).toEqual([0, 60_000, 120_000]);
    await until("it is put off", async () => (await docket.snapshot()).delayed === 1);
    expect(await docket.snapshot()).toMatchObject({ waiting: 0, running: 0, delayed: 1 });
  });

  test("is counted from the start of a run; one that takes longer is followed at once, never overtaken", async ({
    stage,
  }) => {
    const ran: number[] = [];
    const start = stage.clock.now();
    let ends = signal();
    const task = ticking(
      ran,
      () => stage.clock.now() - start,
      () => ends.promise,
    );
    const docket = await stage.open([task]);
    await stage.worker(docket, { lease: "300s" }).start();
    const ended = (took: Duration): void => {
      stage.clock.advance(took);
      const { resolve } = ends;
      ends = signal();
      resolve();
    };
    await until("it runs", () => ran.length === 1);
    ended("20s");
    await until("it is put off", async () => (await docket.snapshot()).delayed === 1);
    stage.clock.advance("40s");
    await until("it runs again", () => ran.length === 2);
    ended("90s");
    await until("it runs once more", () => ran.length === 3);
    expect(ran).toEqual([0, 60_000, 150_000]);
    ends.resolve();
  });

  test("survives its failures, and is no dead letter", async ({ stage }) => {
    const ran: number[] = [];
    const failures = [new Error("no"), new Terminal("never"), new Error("no")];
    const task = ticking(
      ran,
      () => 0,
      () => {
        const failure = failures[ran.length - 1];
        return failure === undefined ? Promise.resolve() : Promise.reject(failure);
      },
    );
    const docket = await stage.open([task]);
    await stage.worker(docket).start();
    for (let runs = 1; runs <= 5; runs += 1) {
      await until("it has run", () => ran.length === runs);
      await until("it is put off", async () => (await docket.snapshot()).delayed === 1);
      stage.clock.advance("1m");
    }
    await until("it has run once more", () => ran.length === 6);
    expect(await docket.deadLetters()).toEqual([]);
    expect(stage.complaints).toEqual(Array(3).fill("a run failed; the next comes in its time"));
  });

  test("is nobody's to add", async ({ stage }) => {
    const task = ticking([], () => 0);
    const docket = await stage.open([task]);
    await expect(docket.add(task, null)).rejects.toThrow("comes by itself");
    for (const every of ["999ms", "25d"] as const)
      expect(() =>
        defineTask<undefined>()({ name: "t", payload: z.null(), every, run: () => Promise.resolve() }),
      ).toThrow("give 1s to 24d");
  });
});

describe("a task that comes by itself, in a store that can lose it", () => {
  test.override("kind", "redis");
  test("is there again when the store has lost everything", async ({ stage }) => {
    const ran: number[] = [];
    const docket = await stage.open([ticking(ran, () => 0)]);
    await stage.worker(docket).start();
    await until("it has run", () => ran.length === 1);
    const redis = new Redis(stage.url ?? "");
    const keys = await redis.keys(`*{${stage.name}}*`);
    await redis.del(...keys);
    redis.disconnect();
    stage.clock.advance("1m");
    await until("it has run again", () => ran.length === 2);
  });
});
