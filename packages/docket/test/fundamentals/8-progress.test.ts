import { expect } from "vitest";
import { z } from "zod";
import { defineTask } from "../../src/index.js";
import { signal } from "../signal.js";
import { onBothStores, test } from "../stage.js";
import { until } from "../until.js";

onBothStores("progress", () => {
  test("is what the run told last, asked by its id, and gone when the run is over", async ({ stage }) => {
    const finish = signal();
    const copy = defineTask<undefined>()({
      name: "copy",
      payload: z.number(),
      run: async (total, { progress }) => {
        for (let done = 0; done <= total; done += 1) progress.set({ done, total });
        await finish.promise;
      },
    });
    const docket = await stage.open([copy]);
    const other = await stage.open([copy]);
    const { id } = await docket.add(copy, 500);
    expect(await docket.progress(id)).toBeUndefined();
    const working = stage.worker(docket).runUntilIdle();
    const asked = stage.url === undefined ? docket : other;
    await until("the last progress is seen", async () => {
      expect(await asked.progress(id)).toEqual({ done: 500, total: 500 });
      return true;
    });
    finish.resolve();
    await working;
    expect(await docket.progress(id)).toBeUndefined();
  });

  test("of what JSON can't carry, or of too much of it, is refused where it is told", async ({ stage }) => {
    const refusals: unknown[] = [];
    const odd = defineTask<undefined>()({
      name: "odd",
      payload: z.null(),
      run: (_payload, { progress }) => {
        for (const value of [undefined, new Date(), { at: NaN }, "x".repeat(4_095)]) {
          try {
            progress.set(value);
          } catch (error) {
            refusals.push(error);
          }
        }
        return Promise.resolve();
      },
    });
    const docket = await stage.open([odd]);
    await docket.add(odd, null);
    await stage.run(docket);
    expect(refusals.map((error) => error instanceof RangeError)).toEqual([true, true, true, true]);
    expect(String(refusals[2])).toBe("RangeError: the progress.at is NaN: give plain JSON values only");
  });
});
