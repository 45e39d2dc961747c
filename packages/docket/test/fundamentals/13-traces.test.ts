import { expect } from "vitest";
import { z } from "zod";
import {
  defineTask,
  exponential,
  type Trace,
  type TracedAdded,
  type TracedAdding,
  type TracedEnd,
  type TracedRun,
} from "../../src/index.js";
import { onBothStores, test } from "../stage.js";

const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const flaky = defineTask<undefined>()({
  name: "flaky",
  payload: z.object({ fails: z.number() }),
  retry: exponential({ attempts: 3, min: "1s", max: "1s" }),
  run: ({ fails }, { attempt }) => {
    if (attempt <= fails) throw new Error(`no ${String(attempt)}`);
    return Promise.resolve();
  },
});

class Notes implements Trace {
  here: string | undefined = PARENT;
  readonly runs: (TracedRun & TracedEnd)[] = [];
  carried(): string | undefined {
    return this.here;
  }
  async run<T extends TracedEnd>(run: TracedRun, work: () => Promise<T>): Promise<T> {
    const end = await work();
    this.runs.push({ ...run, ...end });
    return end;
  }
}

onBothStores("a trace", () => {
  test("goes along with a task, from where it was added, over retries, to its end", async ({ stage }) => {
    const trace = new Notes();
    const docket = await stage.open([flaky], { trace });
    const { id } = await docket.add(flaky, { fails: 1 }, { key: "k" });
    await stage.run(docket);
    stage.clock.advance("2s");
    await stage.run(docket);
    expect(trace.runs).toMatchObject([
      { task: "flaky", id, key: "k", attempt: 1, delivery: 1, carried: PARENT, outcome: "retry", waitMs: 0 },
      { task: "flaky", id, attempt: 2, delivery: 2, carried: PARENT, outcome: "done", waitMs: 2_000 },
    ]);
    expect(trace.runs[0]?.error).toEqual(new Error("no 1"));
    expect(trace.runs[1]?.error).toBeUndefined();
  });

  test("takes nothing along where nothing is traced, and what can't lie in a store is refused", async ({
    stage,
  }) => {
    const trace = new Notes();
    const docket = await stage.open([flaky], { trace });
    trace.here = undefined;
    await docket.add(flaky, { fails: 0 });
    await stage.run(docket);
    expect(trace.runs.map(({ carried }) => carried)).toEqual([undefined]);
    trace.here = "a\tb";
    await expect(docket.add(flaky, { fails: 0 })).rejects.toThrow(RangeError);
    expect((await docket.snapshot()).waiting).toBe(0);
  });

  test("may wrap what adds tasks: what they take along is asked within, and what fails there is thrown on", async ({
    stage,
  }) => {
    const added: unknown[] = [];
    class Wrapping extends Notes {
      override here: string | undefined = undefined;
      async add<T extends TracedAdded | readonly TracedAdded[]>(
        adding: TracedAdding,
        work: () => Promise<T>,
      ): Promise<T> {
        this.here = PARENT;
        const handles = await work();
        added.push(adding, handles);
        this.here = undefined;
        return handles;
      }
    }
    const trace = new Wrapping();
    const docket = await stage.open([flaky], { trace });
    const one = await docket.add(flaky, { fails: 0 });
    const many = await docket.addMany(flaky, [{ fails: 0 }, { fails: 0 }]);
    const replaced = await docket.replace(flaky, { fails: 0 }, { key: "k" });
    const burst = await docket.debounce(flaky, { fails: 0 }, { key: "b", quiet: 0 });
    expect(added).toEqual([
      ...[{ task: "flaky", count: 1 }, one, { task: "flaky", count: 2 }, many],
      ...[{ task: "flaky", count: 1 }, replaced, { task: "flaky", count: 1 }, burst],
    ]);
    await expect(docket.add(flaky, { fails: Number.NaN })).rejects.toThrow(/^flaky: fails/);
    await stage.run(docket);
    expect(trace.runs.map(({ carried }) => carried)).toEqual(Array(5).fill(PARENT));
  });
});
