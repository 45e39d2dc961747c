import { expect } from "vitest";
import { z } from "zod";
import { defineTask, type Task } from "../../src/index.js";
import { onBothStores, test } from "../stage.js";
import { until } from "../until.js";

function noting(seen: string[]): Task<string, undefined> {
  return defineTask<undefined>()({
    name: "note",
    payload: z.string(),
    run: (text) => Promise.resolve(seen.push(text)),
  });
}

onBothStores("a delayed task", () => {
  test("runs when its delay is over; runUntilIdle doesn't wait for it", async ({ stage }) => {
    const seen: string[] = [];
    const note = noting(seen);
    const docket = await stage.open([note]);
    await docket.add(note, "later", { delay: "10m", key: "later" });
    await docket.add(note, "now");
    await stage.run(docket);
    expect(seen).toEqual(["now"]);
    expect((await docket.find(["later"])).get("later")).toMatchObject({ state: "delayed" });
    stage.clock.advance("599s");
    await stage.run(docket);
    expect(seen).toEqual(["now"]);
    stage.clock.advance("1s");
    await stage.run(docket);
    expect(seen).toEqual(["now", "later"]);
  });

  test("may be given a time instead; one that has passed is now", async ({ stage }) => {
    const seen: string[] = [];
    const note = noting(seen);
    const docket = await stage.open([note]);
    const now = stage.clock.now();
    await docket.add(note, "tomorrow", { at: new Date(now + 86_400_000) });
    await docket.add(note, "yesterday", { at: new Date(now - 86_400_000) });
    await stage.run(docket);
    expect(seen).toEqual(["yesterday"]);
    expect((await docket.snapshot()).nextAt).toBe(now + 86_400_000);
    stage.clock.advance("1d");
    await stage.run(docket);
    expect(seen).toEqual(["yesterday", "tomorrow"]);
  });

  test("is run by a worker that has long been asleep, as soon as the clock comes to it", async ({
    stage,
  }) => {
    const seen: string[] = [];
    const note = noting(seen);
    const docket = await stage.open([note]);
    await stage.worker(docket).start();
    await docket.add(note, "later", { delay: "10m" });
    stage.clock.advance("10m");
    await until("it has run", () => seen.length === 1);
  });

  test("is run on the store's own clock when none is given", async ({ stage }) => {
    const ran = Promise.withResolvers<number>();
    const note = defineTask<undefined>()({
      name: "note",
      payload: z.number(),
      run: (addedAt) => {
        ran.resolve(Date.now() - addedAt);
        return Promise.resolve();
      },
    });
    const docket = await stage.openWith(undefined, [note], { clock: undefined });
    await stage.worker(docket).start();
    await docket.add(note, Date.now(), { delay: 300 });
    const took = await ran.promise;
    expect(took).toBeGreaterThanOrEqual(299);
    expect(took).toBeLessThan(1_300);
  });

  test("can be woken by its key, by whoever sees that what it waits for has come", async ({ stage }) => {
    const seen: string[] = [];
    const note = noting(seen);
    const docket = await stage.open([note]);
    await docket.add(note, "parked", { delay: "1d", key: "k" });
    await stage.worker(docket).start();
    expect(await docket.wake(["k", "unknown"])).toBe(1);
    await until("it has run", () => seen.length === 1);
    expect(await docket.wake(["k"])).toBe(0);
  });

  test("can be cancelled, and never runs", async ({ stage }) => {
    const seen: string[] = [];
    const note = noting(seen);
    const docket = await stage.open([note]);
    const { id } = await docket.add(note, "never", { delay: "1m" });
    expect(await docket.cancel(id)).toBe("cancelled");
    expect(await docket.cancel(id)).toBe("unknown");
    stage.clock.advance("1m");
    await stage.run(docket);
    expect(seen).toEqual([]);
  });
});
