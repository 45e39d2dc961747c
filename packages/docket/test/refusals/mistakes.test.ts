import { describe, expect } from "vitest";
import { z } from "zod";
import { Docket, defineTask, exponential, type Task } from "../../src/index.js";
import { matching, none } from "../matching.js";
import { onBothStores, test } from "../stage.js";

// What a compiler refuses, a program without one can still do. Spread from an object, it passes the compiler here, too.

const run = (): Promise<void> => Promise.resolve();
const payload = z.number();
const task = defineTask<undefined>()({ name: "count", payload, run });

interface Mistake {
  readonly what: string;
  readonly given: object;
  readonly message: RegExp;
}

describe("a definition whose", () => {
  const define = defineTask<undefined>();

  test.for<Mistake>([
    {
      what: "name is a number",
      given: { name: 7 },
      message: /^a task's name is 7: give 1 to 200 characters$/,
    },
    { what: "name is left out", given: { name: undefined }, message: /^a task's name is undefined: give/ },
    {
      what: "payload is an example and no schema",
      given: { payload: { likeId: "string" } },
      message:
        /^the payload of task x is no schema: give one of zod, valibot, arktype, or another Standard Schema$/,
    },
    {
      what: "payload is left out",
      given: { payload: undefined },
      message: /^the payload of task x is no schema: /,
    },
    { what: "payload is null", given: { payload: null }, message: /^the payload of task x is no schema: / },
    {
      what: "run is left out",
      given: { run: undefined },
      message: /^the run of task x is undefined: give the function that does it$/,
    },
    {
      what: "serial key is a text",
      given: { serial: "likes" },
      message: /^the serial of task x is "likes": give a function of its payload$/,
    },
    {
      what: "group is a list",
      given: { group: [] },
      message: /^the group of task x is a list: give a function/,
    },
    {
      what: "onDeadLetter is true",
      given: { onDeadLetter: true },
      message: /^the onDeadLetter of task x is a boolean: /,
    },
    {
      what: "retry is a number",
      given: { retry: 3 },
      message: /^the retry of task x is 3: give a policy, such as exponential\({ attempts, min, max }\)$/,
    },
    {
      what: "retry is what a policy is made of",
      given: { retry: { attempts: 3 } },
      message: /^the retry .* an object: /,
    },
    {
      what: "timeout has no unit",
      given: { timeout: "30" },
      message: /^the timeout of task x is "30": give milli/,
    },
    {
      what: "timeout is in words",
      given: { timeout: "5 minutes" },
      message: /is "5 minutes": give milliseconds or "250ms"/,
    },
    {
      what: "greatest age is null",
      given: { maxAge: {} },
      message: /^the greatest age of task x is {}: give milli/,
    },
    {
      what: "interval is short",
      given: { every: "10ms" },
      message: /^the interval of task x is "10ms": give 1s to 24d$/,
    },
    {
      what: "rate has nothing to count by",
      given: { rate: { limit: 1, per: "1s" } },
      message: /^the rate of task x has nothing to count by: give the task a group$/,
    },
    {
      what: "rate is no whole number",
      given: { group: () => "g", rate: { limit: 0.5, per: "1s" } },
      message: /^the rate of task x allows 0.5 starts: give a whole number from 1 to 1000$/,
    },
  ])("$what is refused where it is made", ({ given, message }) => {
    expect(() => define({ name: "x", payload, run, ...given })).toThrow(message);
  });
});

describe("a docket", () => {
  test.for<Mistake>([
    {
      what: "a task that was never defined",
      given: { tasks: [task, { name: "x", payload, run }] },
      message:
        /^the docket's tasks have something else at 1: give what defineTask\(\)\({ name, payload, run }\) makes$/,
    },
    {
      what: "a definition that was called once only",
      given: { tasks: [defineTask()] },
      message: /^the docket's tasks have something else at 0: /,
    },
    { what: "nothing in place of a task", given: { tasks: [undefined] }, message: /something else at 0: / },
    {
      what: "two tasks of one name",
      given: { tasks: [task, task] },
      message: /^two tasks are named count: give each/,
    },
    {
      what: "a name with blanks",
      given: { name: "my docket" },
      message: /^the docket's name is "my docket": give 1 to 100/,
    },
    {
      what: "a cap of no deliveries",
      given: { deliveryCap: 0 },
      message: /^deliveryCap is 0: give a whole number from 1/,
    },
    {
      what: "another kind of server",
      given: { url: "amqp://127.0.0.1" },
      message: /^the docket's url can't be used: give redis:/,
    },
    {
      what: "an authority without TLS",
      given: { url: "redis://h", ca: "PEM" },
      message: /has a ca, or a cert with its key, but its url .* rediss: /,
    },
    {
      what: "an authority and no server",
      given: { ca: "PEM" },
      message: /has a ca, or a cert with its key, but its url .* rediss: /,
    },
  ])("with $what isn't opened", async ({ given, message }) => {
    await expect(Docket.open<undefined>({ tasks: [task], services: undefined, ...given })).rejects.toThrow(
      message,
    );
  });
});

onBothStores("what is added", () => {
  const tied = (ties: object): Task<number, undefined> =>
    defineTask<undefined>()({ name: "tied", payload, run, ...ties });

  test.for<Mistake>([
    { what: "a key that is a number", given: { key: 7 }, message: /^the key of count is 7: give a text$/ },
    { what: "a key that is null", given: { key: null }, message: /^the key of count is null: give a text$/ },
    {
      what: "a key that is long",
      given: { key: "k".repeat(501) },
      message: /is 501 characters long: give at most 500$/,
    },
    {
      what: "a time that is a text",
      given: { at: "2027-01-01" },
      message: /^the time of count is "2027-01-01": give a Date$/,
    },
    {
      what: "a time that is a number",
      given: { at: 1_800_000_000_000 },
      message: /^the time of count is 18\d+: give a Date$/,
    },
    {
      what: "a time that is none",
      given: { at: new Date("soon") },
      message: /Invalid Date: give a valid date/,
    },
    {
      what: "a time in the far future",
      given: { at: new Date("9999-01-01") },
      message: /at most ten years ahead$/,
    },
    {
      what: "a delay in words",
      given: { delay: "tomorrow" },
      message: /^the delay of count is "tomorrow": give milli/,
    },
    {
      what: "a delay below nothing",
      given: { delay: -5 },
      message: /^the delay of count is -5: give milliseconds/,
    },
    {
      what: "a delay without end",
      given: { delay: Infinity },
      message: /^the delay of count is null: give milliseconds/,
    },
    {
      what: "a delay and a time",
      given: { delay: 1, at: new Date() },
      message: /^count is given both .*: give one$/,
    },
  ])("with $what is refused, and nothing is stored", async ({ given, message }, { stage }) => {
    const docket = await stage.open([task]);
    const options = { ...given };
    await expect(docket.add(task, 1, options)).rejects.toThrow(message);
    await expect(docket.addMany(task, [1, 2], () => options)).rejects.toThrow(message);
    await expect(docket.replace(task, 1, Object.assign({ key: "k" }, given))).rejects.toThrow(message);
    expect(await docket.snapshot()).toMatchObject({ waiting: 0, delayed: 0, tasks: none() });
  });

  test("with ties that aren't texts is refused, and nothing is stored", async ({ stage }) => {
    const cases: [object, RegExp][] = [
      [{ serial: (n: number) => n }, /^the serial key of tied is 1: give a text$/],
      [{ serial: () => ({}) }, /^the serial key of tied is an object: give a text$/],
      [{ group: (n: number) => n }, /^the group of tied is 1: give a text$/],
      [{ group: () => "" }, /^the group of tied is 0 characters long: give 1 to 500$/],
    ];
    for (const [ties, message] of cases) {
      const odd = tied(ties);
      const docket = await stage.open([odd]);
      await expect(docket.add(odd, 1)).rejects.toThrow(message);
      expect(await docket.snapshot()).toMatchObject({ waiting: 0, tasks: none() });
    }
  });

  test("of a task that the docket doesn't have, or with a payload that doesn't fit, is refused", async ({
    stage,
  }) => {
    const docket = await stage.open([task]);
    const stranger = defineTask<undefined>()({ name: "stranger", payload, run });
    await expect(docket.add(stranger, 1)).rejects.toThrow(
      /^task stranger isn't among the docket's tasks: list it/,
    );
    // @ts-expect-error: a text where the schema has a number
    await expect(docket.add(task, "1")).rejects.toThrow(/^count: the payload: .*number/);
    // @ts-expect-error: no payload at all
    await expect(docket.add(task)).rejects.toThrow(/^count: the payload: .*number/);
    await expect(docket.addMany(task, [1, 2, Number.NaN])).rejects.toThrow(/^count: the payload: /);
    expect(await docket.snapshot()).toMatchObject({ waiting: 0, tasks: none() });
  });
});

onBothStores("what operators ask", () => {
  test("with what can't be meant is refused, and nothing changes", async ({ stage }) => {
    const docket = await stage.open([task]);
    await docket.add(task, 1);
    const refusals: [() => unknown, RegExp][] = [
      [() => docket.worker({ concurrency: 0 }), /^concurrency is 0: give a whole number from 1 to 1000$/],
      [() => docket.worker({ lease: "1ms" }), /^the lease is "1ms": give 1s to 300s$/],
      [() => docket.worker({ sleep: "10m" }), /^the sleep is "10m": give 1s to 125s$/],
      [() => docket.worker().stop({ drain: -1 }), /^the drain is -1: give milliseconds/],
      [() => docket.deadLetters(-1), /^the limit of dead letters is -1: give 0 or more$/],
      [() => docket.deadLetters({ limit: Number.NaN }), /^the limit of dead letters is NaN: give 0 or more$/],
      [() => docket.tasks(0), /^0 minutes: give a whole number from 1 to 15$/],
      [() => docket.pause("", "1m", ""), /^a group's name is 0 characters long: give 1 to 500$/],
      [
        () => docket.pause("g", new Date(Number.NaN), ""),
        /^a pause is to end at Invalid Date: give a valid date/,
      ],
      [
        () => docket.pause("g", "1m", "x".repeat(1_001)),
        /^the reason of a pause is 1001 characters long: give/,
      ],
      [() => docket.strike(""), /^a task's name is "": give 1 to 200 characters$/],
      [
        () => docket.strike(task, {}),
        /^a strike on count must name fields, with texts, numbers, booleans or null$/,
      ],
      [
        () => docket.strike(task, undefined, "x".repeat(1_001)),
        /^the reason of a strike is 1001 characters long: /,
      ],
      [
        () => docket.debounce(task, 1, { key: "k", quiet: "2s", longest: "1s" }),
        /longest burst of count \(1000 ms\) is shorter/,
      ],
      [
        () => exponential({ attempts: 2, min: "2s", max: "1s" }),
        /^the retry's max \(1000 ms\) is less than its min/,
      ],
    ];
    for (const [ask, message] of refusals) {
      const refusal = await new Promise((resolve) => {
        resolve(ask());
      }).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(RangeError);
      expect(refusal).toMatchObject({ message: matching(message) });
    }
    expect(await docket.snapshot()).toMatchObject({ waiting: 1, held: 0 });
    expect([await docket.strikes(), await docket.paused()]).toEqual([[], []]);
  });
});
