import { expect } from "vitest";
import { z } from "zod";
import { defineTask, type Task } from "../../src/index.js";
import { signal } from "../signal.js";
import { onBothStores, test } from "../stage.js";
import { until } from "../until.js";

interface Fetch {
  readonly host: string;
  readonly n: number;
}

onBothStores("a limit of runs at once", () => {
  test("holds for each key by itself, over all workers, and keeps the order", async ({ stage }) => {
    const began: string[] = [];
    const most = new Map<string, number>();
    const running = new Map<string, number>();
    const ends = new Map<string, () => void>();
    const fetch: Task<Fetch, undefined> = defineTask<undefined>()({
      name: "fetch",
      payload: z.object({ host: z.string(), n: z.number() }),
      concurrency: { limit: 2, per: ({ host }) => host },
      run: async ({ host, n }) => {
        began.push(`${host}${String(n)}`);
        running.set(host, (running.get(host) ?? 0) + 1);
        most.set(host, Math.max(most.get(host) ?? 0, running.get(host) ?? 0));
        const end = signal();
        ends.set(`${host}${String(n)}`, end.resolve);
        await end.promise;
        running.set(host, (running.get(host) ?? 0) - 1);
      },
    });
    const docket = await stage.open([fetch]);
    for (let count = 0; count < 2; count += 1) await stage.worker(docket).start();
    await docket.addMany(
      fetch,
      [1, 2, 3, 4, 5].map((n) => ({ host: "a", n })),
    );
    await docket.add(fetch, { host: "b", n: 1 });
    await until("what may run does", () => began.length === 3);
    await until("the others are held", async () => (await docket.snapshot()).held === 3);
    for (const next of ["a1", "a2", "a3", "a4", "a5", "b1"]) {
      await until(`${next} runs`, () => ends.has(next));
      ends.get(next)?.();
    }
    await until("all have ended", async () => (await docket.snapshot()).running === 0);
    const ofA = began.filter((name) => name.startsWith("a"));
    // Two workers begin the first two, and either may be faster.
    expect(ofA.slice(0, 2).sort()).toEqual(["a1", "a2"]);
    expect(ofA.slice(2)).toEqual(["a3", "a4", "a5"]);
    expect([...most]).toEqual(
      expect.arrayContaining([
        ["a", 2],
        ["b", 1],
      ]),
    );
  });

  test("may be one for the whole task; what fails or is put off makes room meanwhile", async ({ stage }) => {
    const ran: number[] = [];
    const one = defineTask<undefined>()({
      name: "one",
      payload: z.number(),
      concurrency: 1,
      retry: { attempts: 2, delay: () => 60_000 },
      run: (n, { attempt }) => {
        ran.push(n);
        return n === 1 && attempt === 1 ? Promise.reject(new Error("not yet")) : Promise.resolve();
      },
    });
    const docket = await stage.open([one]);
    await docket.addMany(one, [1, 2, 3]);
    await stage.run(docket);
    stage.clock.advance("1m");
    await stage.run(docket);
    expect(ran).toEqual([1, 2, 3, 1]);
  });

  test("is a whole number from 1 to 1000, and its keys are short", async ({ stage }) => {
    const define = (concurrency: number) =>
      defineTask<undefined>()({
        name: "fetch",
        payload: z.string(),
        concurrency: { limit: concurrency, per: (key) => key },
        run: () => Promise.resolve(),
      });
    for (const odd of [0, 1.5, 1_001, NaN])
      expect(() => define(odd)).toThrow(
        /^the concurrency of task fetch is .+: give a whole number from 1 to 1000$/,
      );
    const fetch = define(1_000);
    const docket = await stage.open([fetch]);
    await expect(docket.add(fetch, "x".repeat(501))).rejects.toThrow(
      "the concurrency key of fetch is 501 characters long: give at most 500",
    );
  });
});
