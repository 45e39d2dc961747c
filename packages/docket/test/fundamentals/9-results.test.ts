import { expect } from "vitest";
import { z } from "zod";
import {
  Cancelled,
  defineTask,
  ResultGone,
  StoreUnavailable,
  TaskFailed,
  Terminal,
} from "../../src/index.js";
import { signal } from "../signal.js";
import { onBothStores, test } from "../stage.js";

const double = defineTask<undefined>()({
  name: "double",
  payload: z.number(),
  result: true,
  run: (n) => {
    if (n < 0) throw new Terminal(`can't double ${String(n)}`);
    return Promise.resolve(n === 0 ? undefined : n === 13 ? new Date() : { double: 2 * n });
  },
});

onBothStores("handle.result()", () => {
  test("resolves with what run returned, asked before the end or after", async ({ stage }) => {
    const docket = await stage.open([double]);
    const [one, none] = await docket.addMany(double, [1, 0]);
    const keyed = await docket.add(double, 2, { key: "k" });
    const again = await docket.add(double, 3, { key: "k" });
    const waiting = Promise.all([one?.result(), none?.result(), keyed.result(), again.result()]);
    await stage.run(docket);
    expect(await waiting).toEqual([{ double: 2 }, undefined, { double: 4 }, { double: 4 }]);
    expect(await one?.result()).toEqual({ double: 2 });
    stage.clock.advance("10m");
    await expect(one?.result()).rejects.toBeInstanceOf(ResultGone);
  });

  test("rejects when the task is given up, or its result can't be carried, with the reason", async ({
    stage,
  }) => {
    const docket = await stage.open([double]);
    const failed = await docket.add(double, -1);
    const waiting = failed.result().catch((error: unknown) => error);
    await stage.run(docket);
    const error = await waiting;
    expect(error).toBeInstanceOf(TaskFailed);
    expect(error).toMatchObject({ id: failed.id, message: "can't double -1" });
    const odd = await docket.add(double, 13);
    await stage.run(docket);
    await expect(odd.result()).rejects.toThrow(/double is done, but what it returned is a Date/);
  });

  test("rejects when the task is cancelled, or its run replaced", async ({ stage }) => {
    const began = signal();
    const held = defineTask<undefined>()({
      name: "held",
      payload: z.string(),
      result: true,
      run: async (text, { signal: aborted }) => {
        if (text === "quick") return text;
        began.resolve();
        await new Promise((resolve) => {
          aborted.addEventListener("abort", resolve);
        });
        throw new Error("aborted");
      },
    });
    const docket = await stage.open([held]);
    const waits = await docket.add(held, "waits", { delay: "1h" });
    const waiting = waits.result().catch((error: unknown) => error);
    await docket.cancel(waits.id);
    expect(await waiting).toBeInstanceOf(Cancelled);
    const runs = await docket.add(held, "runs", { key: "k" });
    const running = runs.result().catch((error: unknown) => error);
    const working = stage.worker(docket).runUntilIdle();
    await began.promise;
    const replacement = await docket.replace(held, "quick", { key: "k" });
    await docket.cancel(runs.id);
    expect(await running).toBeInstanceOf(Cancelled);
    expect(await replacement.result()).toBe("quick");
    await working;
  });

  test("is refused for a task that keeps none, and ends with the docket", async ({ stage }) => {
    const plain = defineTask<undefined>()({
      name: "plain",
      payload: z.null(),
      run: () => Promise.resolve(1),
    });
    const docket = await stage.open([plain, double]);
    await expect((await docket.add(plain, null)).result()).rejects.toBeInstanceOf(RangeError);
    const waiting = (await docket.add(double, 1)).result().catch((error: unknown) => error);
    await docket.close();
    expect(await waiting).toBeInstanceOf(StoreUnavailable);
  });
});
