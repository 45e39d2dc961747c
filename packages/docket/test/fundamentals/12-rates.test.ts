import { expect } from "vitest";
import { z } from "zod";
import { defineTask } from "../../src/index.js";
import { onBothStores, test } from "../stage.js";
import { until } from "../until.js";

onBothStores("a rate", () => {
  test("holds back what would be too much for a group, and drops nothing", async ({ stage }) => {
    const calls: string[] = [];
    const call = defineTask<undefined>()({
      name: "call",
      payload: z.object({ host: z.string(), n: z.number() }),
      group: ({ host }) => host,
      rate: { limit: 3, per: "1m" },
      run: ({ host, n }) => Promise.resolve(calls.push(`${host} ${String(n)}`)),
    });
    const docket = await stage.open([call]);
    await docket.addMany(
      call,
      [1, 2, 3, 4].map((n) => ({ host: "a", n })),
    );
    await docket.add(call, { host: "b", n: 1 });
    await stage.run(docket);
    expect(calls.splice(0)).toEqual(["a 1", "a 2", "a 3", "b 1"]);
    stage.clock.advance("1m");
    await stage.run(docket);
    expect(calls).toEqual(["a 4"]);
  });

  test("is kept while a worker sleeps: it wakes when the next may start", async ({ stage }) => {
    const calls: number[] = [];
    const call = defineTask<undefined>()({
      name: "call",
      payload: z.number(),
      group: () => "the only one",
      rate: { limit: 1, per: "10m" },
      run: (n) => Promise.resolve(calls.push(n)),
    });
    const docket = await stage.open([call]);
    await stage.worker(docket).start();
    await docket.addMany(call, [1, 2]);
    await until("the first has run", () => calls.length === 1);
    await until("the second is held", async () => (await docket.snapshot()).held === 1);
    stage.clock.advance("10m");
    await until("the second has run", () => calls.length === 2);
  });

  test("needs a group, and numbers in range", () => {
    const define = (group: boolean, limit: number, per: number) => () =>
      defineTask<undefined>()({
        name: "call",
        payload: z.null(),
        ...(group ? { group: () => "g" } : {}),
        rate: { limit, per },
        run: () => Promise.resolve(),
      });
    expect(define(true, 1, 1)).not.toThrow();
    expect(define(false, 1, 1)).toThrow(
      "the rate of task call has nothing to count by: give the task a group",
    );
    for (const [limit, per] of [
      [0, 1],
      [1.5, 1],
      [1_001, 1],
      [1, 0],
      [1, 25 * 86_400_000],
    ] as const)
      expect(define(true, limit, per)).toThrow(RangeError);
  });
});
