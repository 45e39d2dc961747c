import { describe, expect, test as plain } from "vitest";
import { z } from "zod";
import { Docket, defineTask, exponential, InvalidPayload, RetryAt, type Task } from "../../src/index.js";
import { matching, none } from "../matching.js";
import { onBothStores, test } from "../stage.js";

const anything = (name = "anything"): Task<unknown, undefined> =>
  defineTask<undefined>()({ name, payload: z.unknown(), run: () => Promise.resolve() });

class Custom {
  readonly a = 1;
}

onBothStores("a payload", () => {
  const cycle: Record<string, unknown> = {};
  cycle["inner"] = { cycle };

  test.for<[string, unknown, RegExp]>([
    ["a Date", { when: new Date(0) }, /^anything: payload\.when is a Date: /],
    ["a BigInt", { list: [1, 2n] }, /^anything: payload\.list\[1\] is a bigint: /],
    ["undefined", { a: { b: undefined } }, /^anything: payload\.a\.b is undefined: /],
    ["nothing at all", undefined, /^anything: payload is undefined: /],
    ["a hole in a list", { list: Array(1) }, /^anything: payload\.list\[0\] is undefined: /],
    ["NaN", { n: Number.NaN }, /^anything: payload\.n is NaN: /],
    ["Infinity", [-Infinity], /^anything: payload\[0\] is -Infinity: /],
    ["a function", { f: () => 1 }, /^anything: payload\.f is a function: /],
    ["a symbol", { s: Symbol("s") }, /^anything: payload\.s is a symbol: /],
    ["a Map", { m: new Map() }, /^anything: payload\.m is a Map: /],
    ["an instance of a class", new Custom(), /^anything: payload is a Custom: /],
    ["itself", cycle, /^anything: payload\.inner\.cycle refers to itself: /],
    [
      "more than 256 KiB",
      "x".repeat(262_145),
      /^anything: the payload is 262147 characters of JSON, more than 262144: /,
    ],
  ])(
    "that holds %s is refused with the field and the reason, and nothing is stored",
    async ([, payload, message], { stage }) => {
      const task = anything();
      const docket = await stage.open([task]);
      const refusal = await docket.add(task, payload).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(InvalidPayload);
      expect(refusal).toMatchObject({ message: matching(message) });
      await expect(docket.addMany(task, [1, payload])).rejects.toThrow(InvalidPayload);
      expect(await docket.snapshot()).toMatchObject({ waiting: 0, tasks: none() });
    },
  );

  test("that doesn't fit the schema is refused with the field and the reason, and nothing is stored", async ({
    stage,
  }) => {
    const like = defineTask<undefined>()({
      name: "like",
      payload: z.object({ likes: z.array(z.object({ id: z.string() })) }),
      run: () => Promise.resolve(),
    });
    const docket = await stage.open([like]);
    const payload: unknown = { likes: [{ id: "a" }, { id: 7 }] };
    // @ts-expect-error: a payload of another type doesn't compile; a program in JavaScript has no compiler
    const refusal = await docket.add(like, payload).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(InvalidPayload);
    expect(refusal).toMatchObject({ message: matching(/^like: likes\.1\.id: .*string/) });
    expect(await docket.snapshot()).toMatchObject({ tasks: none() });
  });

  test("of plain JSON comes back as it went in, whatever is in it", async ({ stage }) => {
    const seen: unknown[] = [];
    const task = defineTask<undefined>()({
      name: "echo",
      payload: z.unknown(),
      run: (it) => Promise.resolve(seen.push(it)),
    });
    const docket = await stage.open([task]);
    const shared = { twice: "is no cycle" };
    const payloads = [
      null,
      "",
      0,
      -1.5,
      false,
      [],
      {},
      [[null]],
      { "a.b": [shared, shared] },
      "tab\t\n\u0000 ♥ \ud83d\ude00",
      { __proto__: null, a: 1 },
    ];
    await docket.addMany(task, payloads);
    await docket.add(task, "x".repeat(262_142));
    await stage.run(docket, { concurrency: 1 });
    expect(seen.slice(0, -1)).toEqual(payloads);
    expect(seen.at(-1)).toHaveLength(262_142);
  });
});

onBothStores("an option of add", () => {
  test("out of its range is refused with what is allowed, and nothing is stored", async ({ stage }) => {
    const task = anything();
    const docket = await stage.open([task]);
    const refusals: [Parameters<typeof docket.add>[2], RegExp][] = [
      [{ delay: -1 }, /the delay of anything is -1: give/],
      [{ delay: "3651d" }, /the delay of anything is "3651d".*from 0 to 3650d/],
      [{ delay: Number.NaN }, /the delay of anything/],
      [{ delay: "5m", at: new Date() }, /both a delay and a time/],
      [{ at: new Date(Number.NaN) }, /Invalid Date: give a valid date/],
      [{ at: new Date("2999-01-01") }, /at most ten years ahead/],
      [{ key: "k".repeat(501) }, /key of anything is 501 characters long: give at most 500/],
    ];
    for (const [options, message] of refusals) {
      const refusal = await docket.add(task, 1, options).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(RangeError);
      expect(refusal).toMatchObject({ message: matching(message) });
    }
    expect(await docket.snapshot()).toMatchObject({ tasks: none() });
  });

  test("a task that the docket wasn't given is refused, and so is a serial key that is too long", async ({
    stage,
  }) => {
    const long = defineTask<undefined>()({
      name: "long",
      payload: z.number(),
      serial: (length) => "s".repeat(length),
      run: () => Promise.resolve(),
    });
    const docket = await stage.open([long]);
    await expect(docket.add(anything("stranger"), 1)).rejects.toThrow(
      "task stranger isn't among the docket's tasks",
    );
    await expect(docket.add(long, 501)).rejects.toThrow(/serial key of long is 501 characters long/);
    await docket.add(long, 500, { key: "k".repeat(500) });
    await stage.run(docket);
  });
});

onBothStores("a worker's option", () => {
  test("out of its range is refused with what is allowed", async ({ stage }) => {
    const docket = await stage.open([]);
    for (const concurrency of [0, -1, 1.5, 1_001, Number.NaN]) {
      expect(() => docket.worker({ concurrency })).toThrow(
        /concurrency is .*: give a whole number from 1 to 1000/,
      );
    }
    for (const lease of [999, "301s", 0] as const)
      expect(() => docket.worker({ lease })).toThrow(/the lease is .*: give 1s to 300s/);
    expect(() => docket.worker().stop({ drain: -1 })).toThrow(/the drain is -1/);
    docket.worker({ concurrency: 1_000, lease: "300s" });
    docket.worker({ concurrency: 1, lease: "1s" });
  });
});

describe("a definition", () => {
  const run = (): Promise<void> => Promise.resolve();
  const payload = z.null();
  const define = defineTask<undefined>();

  plain("is checked where it is made", () => {
    expect(() => define({ name: "", payload, run })).toThrow(/give 1 to 200 characters/);
    expect(() => define({ name: "n".repeat(201), payload, run })).toThrow(/give 1 to 200 characters/);
    expect(() => define({ name: "slow", payload, run, timeout: -5 })).toThrow(
      /the timeout of task slow is -5/,
    );
    // A timer can't be set for longer; and a task that is given no time would never be done.
    for (const timeout of [0, "25d"] as const) {
      expect(() => define({ name: "slow", payload, run, timeout })).toThrow(
        /the timeout of task slow is .*: give 1ms to 24d/,
      );
    }
    define({ name: "slow", payload, run, timeout: "24d" });
    expect(() => define({ name: "old", payload, run, maxAge: "4000d" })).toThrow(
      /the greatest age of task old/,
    );
    for (const attempts of [0, 1.5, 1_001])
      expect(() => exponential({ attempts, min: 1, max: 1 })).toThrow(/from 1 to 1000/);
    expect(() => exponential({ attempts: 1, min: "2s", max: "1s" })).toThrow(
      /max \(1000 ms\) is less than its min \(2000 ms\)/,
    );
    expect(() => new RetryAt(new Date(Number.NaN), "x")).toThrow(/invalid Date/);
    expect(() => new RetryAt(-1, "x")).toThrow(/RetryAt's delay is -1/);
  });

  plain("durations that aren't any don't compile, and are refused from JavaScript", () => {
    // @ts-expect-error: weeks aren't known
    expect(() => define({ name: "w", payload, run, timeout: "1w" })).toThrow(/give milliseconds or "250ms"/);
    // @ts-expect-error: no unit
    expect(() => define({ name: "w", payload, run, timeout: "10" })).toThrow(/give milliseconds/);
  });
});

describe("opening a docket", () => {
  const open = (options: Partial<Parameters<typeof Docket.open<undefined>>[0]>): Promise<Docket<undefined>> =>
    Docket.open<undefined>({ tasks: [], services: undefined, ...options });

  plain("with something that can't be used is refused with what is allowed", async () => {
    for (const name of ["", "a b", "{tag}", "n".repeat(101)])
      await expect(open({ name })).rejects.toThrow(/give 1 to 100 letters/);
    for (const deliveryCap of [0, 101, 1.5])
      await expect(open({ deliveryCap })).rejects.toThrow(/from 1 to 100/);
    await expect(open({ tasks: [anything("a"), anything("a")] })).rejects.toThrow("two tasks are named a");
  });

  plain.for([
    "http://127.0.0.1:6379",
    "127.0.0.1:6379",
    "redis",
    "",
    "redis://",
    "redis://127.0.0.1:port",
    "redis://127.0.0.1:99999",
    "unix://",
  ])("at the url %j is refused, and says so", async (url) => {
    await expect(open({ url })).rejects.toThrow(/the docket's url/);
  });

  plain("never tells a password that the url holds", async () => {
    const refusal = await open({ url: "http://user:hunter2@127.0.0.1" }).catch(String);
    expect(refusal).not.toContain("hunter2");
  });
});
