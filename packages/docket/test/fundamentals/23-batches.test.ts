import { expect } from "vitest";
import { z } from "zod";
import {
  defineTask,
  fixed,
  RetryAt,
  Terminal,
  type BatchContext,
  type BatchItem,
  type Task,
} from "../../src/index.js";
import { signal } from "../signal.js";
import { onBothStores, test, type Stage } from "../stage.js";
import { until } from "../until.js";

interface Write {
  readonly did: string;
  readonly n: number;
}

type Items = readonly BatchItem<Write>[];

/** Writes of one repository, up to three at once. */
function writes(
  run: (items: Items, ctx: BatchContext<undefined>) => Promise<unknown>,
  more: { result?: boolean; timeout?: "20ms" } = {},
): Task<Write, undefined> {
  return defineTask<undefined>()({
    name: "records.write",
    payload: z.object({ did: z.string(), n: z.number() }),
    batch: { most: 3, within: "200ms", by: ({ did }) => did },
    retry: fixed({ attempts: 2, pause: "1m" }),
    ...more,
    runBatch: run,
  });
}

const numbers = (items: Items): number[] => items.map(({ payload }) => payload.n);

/** Works off what stands there, and what is due in `within` from then. */
async function run(stage: Stage, task: Task<Write, undefined>, payloads: readonly Write[]) {
  const docket = await stage.open([task]);
  const handles = await docket.addMany(task, payloads);
  await stage.run(docket);
  stage.clock.advance("200ms");
  await stage.run(docket);
  return { docket, handles };
}

onBothStores("a batch", () => {
  test("is of what waits for the same, at once when it is full and else in its time; each is a task", async ({
    stage,
  }) => {
    const ran: number[][] = [];
    const ids: string[] = [];
    const write = writes((items) => {
      ran.push(numbers(items));
      ids.push(...items.map(({ id }) => id));
      return Promise.resolve();
    });
    const docket = await stage.open([write]);
    const handles = await docket.addMany(
      write,
      [1, 2, 3, 4].map((n) => ({ did: "a", n })),
    );
    await docket.add(write, { did: "b", n: 5 });
    await stage.run(docket);
    expect(ran).toEqual([[1, 2, 3]]);
    stage.clock.advance("200ms");
    await stage.run(docket);
    expect(ran.slice(1).sort()).toEqual([[4], [5]]);
    expect(ids.slice(0, 3)).toEqual(handles.slice(0, 3).map(({ id }) => id));
    expect(await docket.snapshot()).toMatchObject({ waiting: 0, held: 0, running: 0, dead: 0 });
  });

  test("has an outcome for each: what isn't told of is done; a failure is tried again by the task's policy", async ({
    stage,
  }) => {
    const ran: string[][] = [];
    const write = writes((items) => {
      ran.push(items.map(({ payload, attempt }) => `${String(payload.n)}/${String(attempt)}`));
      for (const item of items) {
        if (item.payload.n === 2 && item.attempt === 1) item.fail(new Error("not yet"));
        if (item.payload.n === 3) item.fail(new Terminal("never"));
      }
      return Promise.resolve();
    });
    const { docket } = await run(
      stage,
      write,
      [1, 2, 3].map((n) => ({ did: "a", n })),
    );
    expect(await docket.deadLetters()).toMatchObject([
      { payload: { n: 3 }, error: { message: "never" }, attempt: 1 },
    ]);
    stage.clock.advance("1m");
    await stage.run(docket);
    stage.clock.advance("200ms");
    await stage.run(docket);
    expect(ran).toEqual([["1/1", "2/1", "3/1"], ["2/2"]]);
  });

  test("that throws has failed for all that hadn't been told of", async ({ stage }) => {
    const ran: string[][] = [];
    const write = writes((items) => {
      ran.push(items.map(({ payload, attempt }) => `${String(payload.n)}/${String(attempt)}`));
      const [first, second] = items;
      if (first?.attempt !== 1) return Promise.resolve();
      first.done();
      second?.fail(new RetryAt("10s", "busy"));
      return Promise.reject(new Error("the line broke"));
    });
    const { docket } = await run(
      stage,
      write,
      [1, 2, 3].map((n) => ({ did: "a", n })),
    );
    for (const pause of ["10s", "200ms", "50s", "200ms"] as const) {
      stage.clock.advance(pause);
      await stage.run(docket);
    }
    // Put off, which is no attempt; and failed, which is one.
    expect(ran).toEqual([["1/1", "2/1", "3/1"], ["2/1"], ["3/2"]]);
  });

  test("gives a result for each", async ({ stage }) => {
    const write = writes(
      (items) => {
        for (const item of items) item.done({ uri: `at://${String(item.payload.n)}` });
        return Promise.resolve();
      },
      { result: true },
    );
    const { handles } = await run(stage, write, [
      { did: "a", n: 1 },
      { did: "a", n: 2 },
    ]);
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([
      { uri: "at://1" },
      { uri: "at://2" },
    ]);
  });

  test("takes one slot, and one of it can be cancelled by itself", async ({ stage }) => {
    const [began, finish] = [signal(), signal()];
    let signals: readonly AbortSignal[] = [];
    let other = false;
    const write = writes(async (items, ctx) => {
      signals = [...items.map((item) => item.signal), ctx.signal];
      began.resolve();
      await finish.promise;
    });
    const single = defineTask<undefined>()({
      name: "single",
      payload: z.null(),
      run: () => {
        other = true;
        return Promise.resolve();
      },
    });
    const docket = await stage.open([write, single]);
    await stage.worker(docket, { concurrency: 2 }).start();
    const [, second] = await docket.addMany(
      write,
      [1, 2, 3].map((n) => ({ did: "a", n })),
    );
    await began.promise;
    await docket.add(single, null);
    await until("the other slot is free", () => other);
    expect(await docket.cancel(second?.id ?? "")).toBe("running");
    await until("it is told", () => signals[1]?.aborted === true);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true, false, false]);
    finish.resolve();
    await until("all have ended", async () => (await docket.snapshot()).running === 0);
  });

  test("has one time limit: what it hasn't told of by then has failed", async ({ stage }) => {
    const write = writes(
      (items, ctx) => {
        items[0]?.done();
        return new Promise((resolve) => {
          ctx.signal.addEventListener("abort", resolve, { once: true });
        });
      },
      { timeout: "20ms" },
    );
    const { docket } = await run(
      stage,
      write,
      [1, 2, 3].map((n) => ({ did: "a", n })),
    );
    expect(await docket.snapshot()).toMatchObject({ delayed: 2, running: 0, dead: 0 });
  });

  test("of a worker that stops goes back whole, but for what was told of; it runs again elsewhere", async ({
    stage,
  }) => {
    const began = signal();
    let stopped = false;
    const again: number[] = [];
    const write = writes(async (items, ctx) => {
      if (stopped) {
        again.push(...numbers(items));
        return;
      }
      items[0]?.done();
      began.resolve();
      await new Promise((resolve) => {
        ctx.signal.addEventListener("abort", resolve, { once: true });
      });
    });
    const docket = await stage.open([write]);
    const worker = stage.worker(docket);
    await worker.start();
    await docket.addMany(
      write,
      [1, 2, 3].map((n) => ({ did: "a", n })),
    );
    await began.promise;
    await worker.stop({ drain: 0 });
    stopped = true;
    expect(await docket.snapshot()).toMatchObject({ waiting: 2, running: 0 });
    await stage.run(docket);
    stage.clock.advance("200ms");
    await stage.run(docket);
    expect(again).toEqual([2, 3]);
  });

  test("that can't be is refused where it is defined", () => {
    const define = (batch: { most: number; within: "1s" | "0ms" }, more: object = {}) =>
      defineTask<undefined>()({
        name: "write",
        payload: z.null(),
        batch,
        runBatch: () => Promise.resolve(),
        ...more,
      });
    for (const most of [1, 1_001, 2.5])
      expect(() => define({ most, within: "1s" })).toThrow(
        `the most in a batch of task write is ${String(most)}: give a whole number from 2 to 1000`,
      );
    expect(() => define({ most: 2, within: "0ms" })).toThrow(
      'the time within which a batch gathers of task write is "0ms": give 1ms to 24d',
    );
    const batch = { most: 2, within: "1s" } as const;
    for (const more of [{ serial: () => "k" }, { concurrency: 1 }, { every: "1h" }, { cron: "* * * * *" }])
      expect(() => define(batch, more)).toThrow(
        /^both batch and \w+ are given of task write, and .+: give one/,
      );
    expect(() => define(batch, { rate: { limit: 1, per: "1s" }, group: () => "g" })).toThrow(
      /give the rate over/,
    );
    expect(() => define(batch, { run: () => Promise.resolve() })).toThrow(/^both run and runBatch are given/);
    expect(() => define(batch, { batch: 5 })).toThrow("the batch of task write is 5: give { most, within }");
    expect(() => define(batch, { runBatch: undefined })).toThrow(
      /^the runBatch of task write is undefined: /,
    );
  });
});
