import { once } from "node:events";
import { expect } from "vitest";
import { z } from "zod";
import { Cancelled, defineTask, exponential, LeaseLost, TimedOut, WorkerStopping } from "../../src/index.js";
import { signal } from "../signal.js";
import { none } from "../matching.js";
import { onBothStores, test } from "../stage.js";
import { until } from "../until.js";

onBothStores("ctx.signal", () => {
  test("is aborted at the task's timeout; the attempt has failed", async ({ stage }) => {
    const reasons: unknown[] = [];
    const slow = defineTask<undefined>()({
      name: "slow",
      payload: z.null(),
      timeout: 30,
      retry: exponential({ attempts: 2, min: 0, max: 0 }),
      run: async (_payload, { signal }) => {
        await once(signal, "abort");
        reasons.push(signal.reason);
      },
    });
    const docket = await stage.open([slow]);
    await docket.add(slow, null);
    await stage.run(docket);
    await stage.run(docket);
    expect(reasons).toEqual([expect.any(TimedOut), expect.any(TimedOut)]);
    const message = "slow took longer than its timeout of 30 ms";
    expect(await docket.deadLetters()).toMatchObject([
      { cause: "attempts", attempt: 2, error: { name: "TimedOut", message } },
    ]);
  });

  test("that a handler doesn't heed at the timeout costs its slot 5 s more, not for ever", async ({
    stage,
  }) => {
    const deaf = defineTask<undefined>()({
      name: "deaf",
      payload: z.null(),
      timeout: 1,
      run: () => new Promise(() => undefined),
    });
    const docket = await stage.open([deaf]);
    await docket.add(deaf, null);
    await stage.run(docket);
    expect(await docket.deadLetters()).toMatchObject([{ error: { name: "TimedOut" } }]);
    expect(stage.complaints[0]).toMatch(/a handler goes on after its timeout/);
  });

  test("is aborted by cancel; the task isn't tried again, and is no dead letter", async ({ stage }) => {
    const started = signal();
    const reason = Promise.withResolvers<unknown>();
    const slow = defineTask<undefined>()({
      name: "slow",
      payload: z.null(),
      retry: exponential({ attempts: 9, min: 0, max: 0 }),
      run: async (_payload, { signal }) => {
        started.resolve();
        await once(signal, "abort");
        reason.resolve(signal.reason);
        throw signal.reason;
      },
    });
    const docket = await stage.open([slow]);
    const { id } = await docket.add(slow, null, { key: "k" });
    const worker = stage.worker(docket);
    await worker.start();
    await started.promise;
    expect(await docket.cancel(id)).toBe("running");
    expect(await reason.promise).toBeInstanceOf(Cancelled);
    await worker.runUntilIdle();
    expect((await docket.find(["k"])).get("k")?.state).toBe("unknown");
    expect(await docket.deadLetters()).toEqual([]);
  });

  test("is aborted when the lease is lost; what that run does is ignored", async ({ stage }) => {
    const runs: { delivery: number; signal: AbortSignal }[] = [];
    const finish = signal();
    const slow = defineTask<undefined>()({
      name: "slow",
      payload: z.null(),
      run: async (_payload, { delivery, signal }) => {
        runs.push({ delivery, signal });
        await finish.promise;
        if (delivery === 1) throw new Error("this failure counts for nothing");
      },
    });
    const docket = await stage.open([slow]);
    await docket.add(slow, null);
    await stage.worker(docket, { concurrency: 1, lease: "1s" }).start();
    await until("the first has begun", () => runs.length === 1);
    // To the store, the first worker was silent for longer than its lease.
    stage.clock.advance("1s");
    const second = stage.worker(docket, { concurrency: 1, lease: "300s" });
    await second.start();
    await until("the second has begun", () => runs.length === 2);
    await until("the first knows", () => runs[0]?.signal.reason instanceof LeaseLost);
    expect(runs[1]).toMatchObject({ delivery: 2, signal: { aborted: false } });
    finish.resolve();
    await second.runUntilIdle();
    expect(await docket.snapshot()).toMatchObject({
      running: 0,
      waiting: 0,
      delayed: 0,
      dead: 0,
      tasks: none(),
    });
    expect(stage.complaints).toContain("a task's lease was lost");
  });
});

onBothStores("a worker that is stopped", () => {
  test("before it was started, never claims", async ({ stage }) => {
    const work = defineTask<undefined>()({ name: "work", payload: z.null(), run: () => Promise.resolve() });
    const docket = await stage.open([work]);
    const worker = stage.worker(docket);
    await worker.stop();
    await worker.start();
    await docket.add(work, null);
    expect(await docket.snapshot()).toMatchObject({ waiting: 1, running: 0, workers: [] });
  });

  test("twice, or while it starts, stops once", async ({ stage }) => {
    const work = defineTask<undefined>()({ name: "work", payload: z.null(), run: () => Promise.resolve() });
    const docket = await stage.open([work]);
    const worker = stage.worker(docket);
    const started = worker.start();
    expect(worker.start()).toBe(started);
    const stopped = worker.stop();
    expect(worker.stop({ drain: 0 })).toBe(stopped);
    await Promise.all([started, stopped]);
    await docket.add(work, null);
    expect(await docket.snapshot()).toMatchObject({ waiting: 1, workers: [] });
  });

  test("lets what runs finish, and claims nothing more", async ({ stage }) => {
    const began = signal();
    const finish = signal();
    let finished = 0;
    const work = defineTask<undefined>()({
      name: "work",
      payload: z.null(),
      run: async (_payload, { signal }) => {
        began.resolve();
        await finish.promise;
        if (!signal.aborted) finished += 1;
      },
    });
    const docket = await stage.open([work]);
    await docket.addMany(work, [null, null]);
    const worker = stage.worker(docket, { concurrency: 1 });
    await worker.start();
    await began.promise;
    let stopped = false;
    const stopping = worker.stop({ drain: "20s" }).then(() => (stopped = true));
    await docket.add(work, null);
    expect(stopped).toBe(false);
    finish.resolve();
    await stopping;
    expect(finished).toBe(1);
    expect(await docket.snapshot()).toMatchObject({ waiting: 2, running: 0 });
  });

  test("hands back what its drain didn't see the end of, at once and uncounted", async ({ stage }) => {
    const runs: string[] = [];
    const signals: AbortSignal[] = [];
    const work = defineTask<undefined>()({
      name: "work",
      payload: z.number(),
      run: (n, { attempt, delivery, signal }) => {
        runs.push(`${String(n)}: ${String(attempt)}/${String(delivery)}`);
        signals.push(signal);
        return delivery < 4 ? new Promise(() => undefined) : Promise.resolve();
      },
    });
    // A cap of one lost delivery: a stop that counted as one would end the task.
    const docket = await stage.open([work], { deliveryCap: 1 });
    await docket.addMany(work, [1, 2]);
    for (let round = 1; round <= 3; round += 1) {
      const worker = stage.worker(docket);
      await worker.start();
      await until("both run", () => runs.length === 2 * round);
      await worker.stop({ drain: 10 });
      expect(await docket.snapshot()).toMatchObject({ waiting: 2, running: 0 });
      expect(signals.at(-1)?.reason).toBeInstanceOf(WorkerStopping);
    }
    await stage.run(docket);
    const rounds = [1, 2, 3, 4].flatMap((delivery) => [
      `1: 1/${String(delivery)}`,
      `2: 1/${String(delivery)}`,
    ]);
    expect(runs).toEqual(rounds);
    expect((await docket.snapshot()).counts["recovered"]).toBeUndefined();
  });
});

onBothStores("a task that takes its workers down", () => {
  test("is a dead letter after as many lost workers as the docket allows", async ({ stage }) => {
    let runs = 0;
    const poison = defineTask<undefined>()({
      name: "poison",
      payload: z.null(),
      run: () => {
        runs += 1;
        return new Promise(() => undefined); // as good as a process that died: it is never heard of again
      },
    });
    const docket = await stage.open([poison], { deliveryCap: 2 });
    await docket.add(poison, null);
    for (const round of [1, 2]) {
      await stage.worker(docket, { concurrency: 1, lease: "1s" }).start();
      await until("it runs", () => runs === round);
      stage.clock.advance("1s");
    }
    await stage.worker(docket).start();
    const [letter] = await until("it is dead", async () => {
      const letters = await docket.deadLetters();
      return letters.length === 1 && letters;
    });
    expect(runs).toBe(2);
    expect(letter).toMatchObject({ cause: "deliveries", attempt: 1, delivery: 3 });
    expect(letter?.error?.message).toMatch(/2 times in a row/);
  });
});
