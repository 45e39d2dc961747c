import { expect } from "vitest";
import { z } from "zod";
import { defineTask, type Task } from "../../src/index.js";
import { signal } from "../signal.js";
import { onBothStores, test } from "../stage.js";
import { until } from "../until.js";

function noting(seen: string[]): Task<string, undefined> {
  return defineTask<undefined>()({
    name: "save",
    payload: z.string(),
    run: (text) => Promise.resolve(seen.push(text)),
  });
}

onBothStores("a burst of calls", () => {
  test("ends in one run, with the last payload", async ({ stage }) => {
    const seen: string[] = [];
    const save = noting(seen);
    const docket = await stage.open([save]);
    const first = await docket.debounce(save, "a", { key: "draft", quiet: "1s" });
    const second = await docket.debounce(save, "ab", { key: "draft", quiet: "1s" });
    expect([first.added, second.added, second.id === first.id]).toEqual([true, false, true]);
    await docket.debounce(save, "another", { key: "elsewhere", quiet: "1s" });
    await stage.run(docket);
    expect(seen).toEqual([]);
    stage.clock.advance("1s");
    await stage.run(docket);
    expect(seen.sort()).toEqual(["ab", "another"]);
  });

  test("that goes on and on runs every so often all the same", async ({ stage }) => {
    const seen: string[] = [];
    const save = noting(seen);
    const docket = await stage.open([save]);
    for (let n = 0; n < 10; n += 1) {
      await docket.debounce(save, String(n), { key: "draft", quiet: "1s", longest: "3s" });
      stage.clock.advance(750);
      await stage.run(docket);
    }
    expect(seen).toEqual(["3", "7"]);
  });

  test("during a run is run after it", async ({ stage }) => {
    const seen: string[] = [];
    const began = signal();
    const finish = signal();
    const save = defineTask<undefined>()({
      name: "save",
      payload: z.string(),
      run: async (text) => {
        began.resolve();
        if (seen.length === 0) await finish.promise;
        seen.push(text);
      },
    });
    const docket = await stage.open([save]);
    await stage.worker(docket).start();
    await docket.debounce(save, "a", { key: "draft", quiet: 0 });
    await began.promise;
    await docket.debounce(save, "b", { key: "draft", quiet: 0 });
    await docket.debounce(save, "c", { key: "draft", quiet: 0 });
    finish.resolve();
    await until("both have run", () => seen.length === 2);
    expect(seen).toEqual(["a", "c"]);
  });

  test("without a key, or longer quiet than it may last, is refused", async ({ stage }) => {
    const save = noting([]);
    const docket = await stage.open([save]);
    await expect(docket.debounce(save, "a", { key: "", quiet: "1s" })).rejects.toThrow(RangeError);
    await expect(docket.debounce(save, "a", { key: "k", quiet: "2s", longest: "1s" })).rejects.toThrow(
      "the longest burst of save (1000 ms) is shorter than its quiet time (2000 ms): give a longer one",
    );
    expect((await docket.snapshot()).tasks).toEqual({});
  });
});
