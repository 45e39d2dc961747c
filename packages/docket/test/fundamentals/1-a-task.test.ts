import { expect } from "vitest";
import { z } from "zod";
import { defineTask, never } from "../../src/index.js";
import { matching, none } from "../matching.js";
import { signal } from "../signal.js";
import { onBothStores, test } from "../stage.js";

onBothStores("a task", () => {
  test("is defined once, added by its definition, and run by a worker", async ({ stage }) => {
    const greeted: string[] = [];
    const greet = defineTask<undefined>()({
      name: "greet",
      payload: z.object({ who: z.string() }),
      run: ({ who }) => Promise.resolve(greeted.push(who)),
    });
    const docket = await stage.open([greet]);
    const handle = await docket.add(greet, { who: "Ada" });
    expect(handle).toEqual({ id: matching(/^.{12,}$/), added: true });
    expect(greeted).toEqual([]);
    await stage.run(docket);
    expect(greeted).toEqual(["Ada"]);
    expect(await docket.snapshot()).toMatchObject({ waiting: 0, running: 0, dead: 0, tasks: none() });
  });

  test("is given the services, and told what it is run for", async ({ stage }) => {
    const services = { greeting: "Hello" };
    const told: unknown[] = [];
    const greet = defineTask<typeof services>()({
      name: "greet",
      payload: z.object({ who: z.string() }),
      run: ({ who }, { services: given, log, signal, progress, ...facts }) => {
        told.push(`${given.greeting}, ${who}`, facts, signal.aborted, typeof log.info, typeof progress.set);
        return Promise.resolve();
      },
    });
    const docket = await stage.openWith(services, [greet]);
    const { id } = await docket.add(greet, { who: "Ada" }, { key: "ada" });
    const addedAt = new Date(stage.clock.now());
    stage.clock.advance("1m");
    await stage.worker(docket).runUntilIdle();
    const facts = { task: "greet", id, key: "ada", attempt: 1, delivery: 1, addedAt };
    expect(told).toEqual(["Hello, Ada", facts, false, "function", "function"]);
  });

  test("gets what its schema makes of the payload; what is stored is what was given", async ({ stage }) => {
    const seen: unknown[] = [];
    const later = defineTask<undefined>()({
      name: "later",
      payload: z.object({ at: z.string().transform((text) => new Date(text)) }),
      run: ({ at }) => Promise.resolve(seen.push(at)),
    });
    const docket = await stage.open([later]);
    await docket.add(later, { at: "2026-11-24T10:00:00Z" });
    await stage.run(docket);
    expect(seen).toEqual([new Date("2026-11-24T10:00:00Z")]);
  });

  test("may add others, also while it runs; runUntilIdle does them too", async ({ stage }) => {
    const counted: number[] = [];
    const count = defineTask<{ next: (n: number) => Promise<unknown> }>()({
      name: "count",
      payload: z.number(),
      run: async (n, { services }) => {
        counted.push(n);
        if (n > 0) await services.next(n - 1);
      },
    });
    const services = { next: (n: number): Promise<unknown> => docket.add(count, n) };
    const docket = await stage.openWith(services, [count]);
    await docket.add(count, 3);
    await stage.worker(docket).runUntilIdle();
    expect(counted).toEqual([3, 2, 1, 0]);
  });

  test("many are added together, in order, with options for all or for each", async ({ stage }) => {
    const seen: number[] = [];
    const note = defineTask<undefined>()({
      name: "note",
      payload: z.number(),
      run: (n) => Promise.resolve(seen.push(n)),
    });
    const docket = await stage.open([note]);
    const numbers = Array.from({ length: 600 }, (_, at) => at);
    const handles = await docket.addMany(note, numbers);
    expect(handles.every(({ added }) => added)).toBe(true);
    expect(new Set(handles.map(({ id }) => id)).size).toBe(600);
    await docket.addMany(note, [1_000, 1_001], { delay: "1h" });
    const keyed = await docket.addMany(note, [2_000, 2_001, 2_000], (n) => ({ key: String(n) }));
    expect(keyed.map(({ added }) => added)).toEqual([true, true, false]);
    await stage.run(docket, { concurrency: 1 });
    expect(seen).toEqual([...numbers, 2_000, 2_001]);
  });

  test("as many run at a time as the worker's concurrency allows, and a finished one makes room at once", async ({
    stage,
  }) => {
    let running = 0;
    let most = 0;
    const gate = signal();
    const wait = defineTask<undefined>()({
      name: "wait",
      payload: z.number(),
      run: async () => {
        most = Math.max(most, ++running);
        if (running === 3) gate.resolve();
        await gate.promise; // the first three meet here
        running -= 1;
      },
    });
    const docket = await stage.open([wait]);
    await docket.addMany(wait, [1, 2, 3, 4, 5, 6, 7]);
    await stage.run(docket, { concurrency: 3 });
    expect(most).toBe(3);
  });

  test("every run is wrapped by the docket's around", async ({ stage }) => {
    const trail: string[] = [];
    const work = defineTask<undefined>()({
      name: "work",
      payload: z.string(),
      run: (what) => {
        trail.push(what);
        return what === "bad" ? Promise.reject(new Error("no")) : Promise.resolve();
      },
    });
    const docket = await stage.open([work], {
      around: async (run, ctx) => {
        trail.push(`before ${ctx.task}`);
        try {
          await run();
          trail.push("after");
        } catch (error) {
          trail.push(`failed: ${String(error)}`);
          throw error;
        }
      },
    });
    await docket.addMany(work, ["good", "bad"]);
    await stage.run(docket, { concurrency: 1 });
    expect(trail).toEqual(["before work", "good", "after", "before work", "bad", "failed: Error: no"]);
    expect(await docket.deadLetters()).toMatchObject([
      { payload: "bad", cause: "attempts", attempt: never.attempts },
    ]);
  });
});
