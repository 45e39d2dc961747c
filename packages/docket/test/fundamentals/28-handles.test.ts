import { expect } from "vitest";
import { z } from "zod";
import { defineTask, Terminal } from "../../src/index.js";
import { signal } from "../signal.js";
import { onBothStores, test } from "../stage.js";
import { until } from "../until.js";

const work = defineTask<undefined>()({
  name: "work",
  payload: z.number(),
  group: () => "g",
  serial: (n) => String(n),
  result: true,
  run: (n) => {
    if (n < 0) throw new Terminal(`no ${String(n)}`);
    return Promise.resolve(n);
  },
});

onBothStores("a handle", () => {
  test("tells where its task stands, and how it ended", async ({ stage }) => {
    const docket = await stage.open([work]);
    const one = await docket.add(work, 1);
    const behind = await docket.add(work, 1);
    const later = await docket.add(work, 2, { delay: "1h" });
    const fails = await docket.add(work, -1);
    const states = (): Promise<string[]> =>
      Promise.all([one, behind, later, fails].map((handle) => handle.state()));
    expect(await states()).toEqual(["waiting", "blocked", "delayed", "waiting"]);
    await docket.pause("g", "1m", "a break");
    await stage.run(docket);
    expect(await states()).toEqual(["held", "blocked", "delayed", "held"]);
    await docket.resume("g");
    await stage.run(docket);
    expect(await states()).toEqual(["done", "done", "delayed", "dead"]);
    expect(await later.cancel()).toBe("cancelled");
    expect(await later.state()).toBe("cancelled");
    stage.clock.advance("10m");
    expect(await states()).toEqual(["unknown", "unknown", "unknown", "dead"]);
  });

  test("tells how far its run is, and cancels it", async ({ stage }) => {
    const told = signal();
    const slow = defineTask<undefined>()({
      name: "slow",
      payload: z.null(),
      run: async (_, { progress, signal: aborted }) => {
        progress.set({ done: 1, total: 3 });
        await told.promise;
        if (!aborted.aborted)
          await new Promise((resolve) => {
            aborted.addEventListener("abort", resolve, { once: true });
          });
        aborted.throwIfAborted();
      },
    });
    const docket = await stage.open([slow]);
    const handle = await docket.add(slow, null);
    expect(await handle.progress()).toBeUndefined();
    const working = stage.worker(docket).runUntilIdle();
    await until("it has told", async () => (await handle.progress()) !== undefined);
    expect(await handle.progress()).toEqual({ done: 1, total: 3 });
    expect(await handle.state()).toBe("running");
    expect(await handle.cancel()).toBe("running");
    expect(["cancelling", "cancelled"]).toContain(await handle.state());
    told.resolve();
    await working;
    expect(await handle.state()).toBe("cancelled");
    expect(await handle.cancel()).toBe("unknown");
  });

  test("tells that nobody there knows its task, and that it follows a run", async ({ stage }) => {
    const began = signal();
    const ends = signal();
    const run = async (): Promise<void> => {
      began.resolve();
      await ends.promise;
    };
    const slow = defineTask<undefined>()({ name: "slow", payload: z.null(), run });
    const docket = await stage.open([slow, work]);
    const first = await docket.add(slow, null, { key: "k" });
    const working = stage.worker(docket).runUntilIdle();
    await began.promise;
    const follower = await docket.replace(slow, null, { key: "k" });
    expect(await first.state()).toBe("cancelling");
    expect(await follower.state()).toBe("blocked");
    ends.resolve();
    await working;
  });
});
