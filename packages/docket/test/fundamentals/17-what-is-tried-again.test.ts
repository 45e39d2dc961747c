import { describe, expect, test as plain } from "vitest";
import { z } from "zod";
import { defineTask, exponential, fixed, type RetryPolicy, TimedOut } from "../../src/index.js";
import { onBothStores, test } from "../stage.js";

class Busy extends Error {}
class VeryBusy extends Busy {}
class Refused extends Error {}

const write = (retry: RetryPolicy, run: () => Promise<unknown>, timeout = 60_000) =>
  defineTask<undefined>()({ name: "write", payload: z.null(), retry, timeout, run });

onBothStores("what is tried again", () => {
  test("is chosen by the error: another one goes to the dead letters at once", async ({ stage }) => {
    const errors = [new Busy("busy"), new VeryBusy("very"), new Refused("no")];
    const task = write(exponential({ attempts: 8, min: "1s", max: "1m", on: [Busy, TimedOut] }), () =>
      Promise.reject(errors.shift() ?? new Error("once too often")),
    );
    const docket = await stage.open([task]);
    await docket.add(task, null);
    for (let runs = 0; runs < 5; runs += 1) {
      await stage.run(docket);
      stage.clock.advance("1m");
    }
    expect(errors).toEqual([]);
    expect(await docket.deadLetters()).toMatchObject([
      {
        ...{ cause: "terminal", attempt: 3, error: { message: "no" } },
        history: [{ error: { message: "busy" } }, { error: { message: "very" } }],
      },
    ]);
  });

  test("may be a timeout, or not", async ({ stage }) => {
    const retry = fixed({ attempts: 8, pause: "1s", when: (error) => !(error instanceof TimedOut) });
    const task = defineTask<undefined>()({
      ...{ name: "slow", payload: z.null(), retry, timeout: 20 },
      run: (_payload, ctx) =>
        new Promise((resolve) => {
          ctx.signal.addEventListener("abort", resolve, { once: true });
        }),
    });
    const docket = await stage.open([task]);
    await docket.add(task, null);
    await stage.run(docket);
    expect(await docket.deadLetters()).toMatchObject([{ cause: "terminal", error: { name: "TimedOut" } }]);
  });

  test("isn't what the choice itself fails at", async ({ stage }) => {
    const when = (): boolean => {
      throw new Error("can't say");
    };
    const task = write(fixed({ attempts: 8, pause: "1s", when }), () => Promise.reject(new Error("no")));
    const docket = await stage.open([task]);
    await docket.add(task, null);
    await stage.run(docket);
    expect(await docket.deadLetters()).toMatchObject([{ error: { message: "can't say" } }]);
  });

  test("comes after the same pause each time, where that is fixed", async ({ stage }) => {
    let runs = 0;
    const task = write(fixed({ attempts: 3, pause: "10s" }), () => {
      runs += 1;
      return Promise.reject(new Error("no"));
    });
    const docket = await stage.open([task]);
    await docket.add(task, null);
    await stage.run(docket);
    for (const expected of [2, 3]) {
      stage.clock.advance(9_999);
      await stage.run(docket);
      expect(runs).toBe(expected - 1);
      stage.clock.advance(1);
      await stage.run(docket);
      expect(runs).toBe(expected);
    }
    expect(await docket.deadLetters()).toMatchObject([{ cause: "attempts" }]);
  });
});

describe("the part of a pause that chance decides", () => {
  plain.for([
    ["full", 0, 4_000],
    ["half", 2_000, 4_000],
    ["none", 4_000, 4_000],
  ] as const)("with %s jitter is from %i to %i of 4,000 ms", ([jitter, least, most]) => {
    const retry = exponential({ attempts: 9, min: "1s", max: "1m", jitter });
    expect(retry.delay(3, () => 0)).toBe(least);
    expect(retry.delay(3, () => 1)).toBe(most);
  });

  plain("is refused where nothing would ever be tried again", () => {
    expect(() => fixed({ attempts: 2, pause: "1s", on: [] })).toThrow("the retry's on is empty");
    expect(() => fixed({ attempts: 0, pause: "1s" })).toThrow("from 1 to 1000");
  });
});
