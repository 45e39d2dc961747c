import { describe, expect, test as plain } from "vitest";
import { z } from "zod";
import { defineTask, exponential, RetryAt, Terminal, type Death } from "../../src/index.js";
import { matching } from "../matching.js";
import { onBothStores, test } from "../stage.js";
import { until } from "../until.js";

onBothStores("a task that fails", () => {
  test("is tried again after its policy's pause, up to its attempts, and then lies among the dead letters (incident 3)", async ({
    stage,
  }) => {
    const attempts: string[] = [];
    const fail = defineTask<undefined>()({
      name: "fail",
      payload: z.object({ n: z.number() }),
      retry: exponential({ attempts: 3, min: "10s", max: "1h" }),
      run: (_payload, { attempt, delivery }) => {
        attempts.push(`${String(attempt)}/${String(delivery)}`);
        return Promise.reject(new TypeError(`the PDS answered 500, time ${String(attempt)}`));
      },
    });
    const docket = await stage.open([fail], { random: () => 0 });
    const addedAt = new Date(stage.clock.now());
    const { id } = await docket.add(fail, { n: 7 }, { key: "k" });
    await stage.run(docket);
    for (const pause of [5_000, 10_000]) {
      stage.clock.advance(pause - 1);
      const before = attempts.length;
      await stage.run(docket);
      expect(attempts.length).toBe(before);
      stage.clock.advance(1);
      await stage.run(docket);
      expect(attempts.length).toBe(before + 1);
    }
    expect(attempts).toEqual(["1/1", "2/2", "3/3"]);
    const [letter, ...others] = await docket.deadLetters();
    expect(others).toEqual([]);
    expect(letter).toEqual({
      id,
      task: "fail",
      version: 1,
      key: "k",
      payload: { n: 7 },
      diedAt: new Date(stage.clock.now()),
      addedAt,
      cause: "attempts",
      error: {
        name: "TypeError",
        message: "the PDS answered 500, time 3",
        stack: matching(/4-failure\.test\.ts/),
      },
      attempt: 3,
      delivery: 3,
      history: [
        {
          ...{ at: addedAt, attempt: 1, delivery: 1 },
          error: { name: "TypeError", message: "the PDS answered 500, time 1" },
        },
        {
          ...{ at: new Date(addedAt.getTime() + 5_000), attempt: 2, delivery: 2 },
          error: { name: "TypeError", message: "the PDS answered 500, time 2" },
        },
      ],
    });
    const found = (await docket.find(["k"])).get("k");
    expect(found).toEqual({ state: "dead", id, reason: "the PDS answered 500, time 3" });
  });

  test("has one attempt when it has no policy; what it threw needn't be an error", async ({ stage }) => {
    const fail = defineTask<undefined>()({
      name: "fail",
      payload: z.null(),
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is what is tested
      run: () => Promise.reject("only a text"),
    });
    const docket = await stage.open([fail]);
    await docket.add(fail, null);
    await stage.run(docket);
    expect(await docket.deadLetters()).toMatchObject([
      { cause: "attempts", error: { message: "only a text" } },
    ]);
  });

  test("with Terminal, is given up at once", async ({ stage }) => {
    const fail = defineTask<undefined>()({
      name: "fail",
      payload: z.null(),
      retry: exponential({ attempts: 9, min: 1, max: 1 }),
      run: () => Promise.reject(new Terminal("the record is too large")),
    });
    const docket = await stage.open([fail]);
    await docket.add(fail, null);
    await stage.run(docket);
    expect(await docket.deadLetters()).toMatchObject([
      { cause: "terminal", attempt: 1, error: { message: "the record is too large" } },
    ]);
  });

  test("with RetryAt, is put off without using up an attempt, until it is too old", async ({ stage }) => {
    const attempts: number[] = [];
    const wait = defineTask<undefined>()({
      name: "wait",
      payload: z.null(),
      maxAge: "1h",
      run: (_payload, { attempt }) => {
        attempts.push(attempt);
        throw new RetryAt(
          attempts.length === 1 ? new Date(stage.clock.now() + 1_200_000) : "20m",
          "the PDS is away",
        );
      },
    });
    const docket = await stage.open([wait]);
    await docket.add(wait, null, { key: "k" });
    for (let round = 1; round <= 3; round += 1) {
      await stage.run(docket);
      expect((await docket.find(["k"])).get("k")).toMatchObject({ state: "delayed" });
      stage.clock.advance("20m");
    }
    await stage.run(docket);
    expect(attempts).toEqual([1, 1, 1, 1]);
    expect(await docket.deadLetters()).toMatchObject([
      { cause: "age", attempt: 1, error: { name: "RetryAt", message: "the PDS is away" } },
    ]);
  });

  test("isn't tried again beyond its greatest age", async ({ stage }) => {
    const fail = defineTask<undefined>()({
      name: "fail",
      payload: z.null(),
      maxAge: "1m",
      retry: { attempts: 100, delay: () => 61_000 },
      run: () => Promise.reject(new Error("no")),
    });
    const docket = await stage.open([fail]);
    await docket.add(fail, null);
    await stage.run(docket);
    expect(await docket.deadLetters()).toMatchObject([{ cause: "age", attempt: 1 }]);
  });

  test("whose payload fits its schema no more, is a dead letter that says which field", async ({ stage }) => {
    let strict = false;
    const payload = z.object({ likeId: z.string().refine(() => !strict, "is of an old kind") });
    const like = defineTask<undefined>()({
      name: "like",
      payload,
      retry: exponential({ attempts: 9, min: 1, max: 1 }),
      run: () => Promise.resolve(),
    });
    const docket = await stage.open([like]);
    await docket.add(like, { likeId: "a" });
    strict = true;
    await stage.run(docket);
    expect(await docket.deadLetters()).toMatchObject([
      { cause: "payload", error: { message: "like: likeId: is of an old kind" } },
    ]);
  });
});

onBothStores("a task whose failure is odd", () => {
  test.for<[string, () => unknown]>([
    ["nothing that can be told as a text", (): unknown => Object.create(null)],
    ["a symbol", () => Symbol("why")],
    ["nothing", () => undefined],
  ])("throws %s: a dead letter, and its worker lives", async ([, thrown], { stage }) => {
    const fail = defineTask<undefined>()({
      name: "fail",
      payload: z.null(),
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is what is tested
      run: () => Promise.reject(thrown()),
    });
    const docket = await stage.open([fail]);
    await docket.add(fail, null);
    await stage.run(docket);
    expect(await docket.deadLetters()).toMatchObject([{ cause: "attempts", error: { name: "Error" } }]);
  });

  test("has a policy whose pause is less than nothing or no whole number: again at once", async ({
    stage,
  }) => {
    const attempts: number[] = [];
    const fail = defineTask<undefined>()({
      name: "fail",
      payload: z.null(),
      retry: { attempts: 3, delay: (attempt) => (attempt === 1 ? -1_000 : 0.4) },
      run: (_payload, { attempt }) => {
        attempts.push(attempt);
        return Promise.reject(new Error("no"));
      },
    });
    const docket = await stage.open([fail]);
    await docket.add(fail, null);
    await stage.run(docket);
    expect(attempts).toEqual([1, 2, 3]);
  });

  test("has a policy whose pause is no number: a dead letter", async ({ stage }) => {
    const fail = defineTask<undefined>()({
      name: "fail",
      payload: z.null(),
      retry: { attempts: 3, delay: () => Number.NaN },
      run: () => Promise.reject(new Error("no")),
    });
    const docket = await stage.open([fail]);
    await docket.add(fail, null);
    await stage.run(docket);
    expect(await docket.deadLetters()).toMatchObject([{ attempt: 1, error: { message: "no" } }]);
  });
});

onBothStores("a dead letter", () => {
  test("can be replayed once its cause is gone, and is young again", async ({ stage }) => {
    const seen: unknown[] = [];
    let broken = true;
    const work = defineTask<undefined>()({
      name: "work",
      payload: z.string(),
      maxAge: "1h",
      run: (what, { attempt, addedAt }) => {
        if (broken) throw new Error("no");
        seen.push(what, attempt, addedAt);
        return Promise.resolve();
      },
    });
    const docket = await stage.open([work]);
    const { id } = await docket.add(work, "x", { key: "k" });
    await stage.run(docket);
    broken = false;
    stage.clock.advance("2h");
    expect(await docket.replay(id)).toBe("replayed");
    expect(await docket.deadLetters()).toEqual([]);
    await stage.run(docket);
    expect(seen).toEqual(["x", 1, new Date(stage.clock.now())]);
    expect(await docket.replay(id)).toBe("unknown");
  });

  test("can be discarded", async ({ stage }) => {
    const fail = defineTask<undefined>()({
      name: "fail",
      payload: z.null(),
      run: () => Promise.reject(new Error("no")),
    });
    const docket = await stage.open([fail]);
    const { id } = await docket.add(fail, null);
    await stage.run(docket);
    expect(await docket.discard(id)).toBe(true);
    expect(await docket.discard(id)).toBe(false);
    expect(await docket.deadLetters()).toEqual([]);
  });

  test("is told to its task once it lies there", async ({ stage }) => {
    const services = {
      state: (key: string): Promise<unknown> => docket.find([key]).then((found) => found.get(key)?.state),
    };
    const told = Promise.withResolvers<unknown[]>();
    const fail = defineTask<typeof services>()({
      name: "fail",
      payload: z.object({ n: z.number() }),
      onDeadLetter: async (payload, death: Death, { state }) => {
        told.resolve([payload, death, await state("k")]);
      },
      run: () => Promise.reject(new Terminal("no use")),
    });
    const docket = await stage.openWith(services, [fail]);
    const { id } = await docket.add(fail, { n: 1 }, { key: "k" });
    await stage.worker(docket).runUntilIdle();
    const death = { id, key: "k", task: "fail", cause: "terminal", reason: "no use" };
    expect(await told.promise).toEqual([{ n: 1 }, death, "dead"]);
    expect(stage.complaints).toEqual(["a task went to the dead letters"]);
  });

  test("harms nobody when its task's ear fails", async ({ stage }) => {
    const fail = defineTask<undefined>()({
      name: "fail",
      payload: z.null(),
      onDeadLetter: () => Promise.reject(new Error("the database is away")),
      run: () => Promise.reject(new Error("no")),
    });
    const docket = await stage.open([fail]);
    await docket.addMany(fail, [null, null]);
    await stage.run(docket);
    expect(await docket.deadLetters()).toHaveLength(2);
    const failed = () => stage.complaints.filter((message) => message.startsWith("onDeadLetter failed"));
    await until("both are logged", () => failed().length === 2);
  });
});

describe("exponential", () => {
  plain("doubles from min to max, and takes between half and all of it", () => {
    const policy = exponential({ attempts: 8, min: "1s", max: "10s" });
    const full = [1_000, 2_000, 4_000, 8_000, 10_000, 10_000];
    expect(full.map((_, at) => policy.delay(at + 1, () => 0))).toEqual(full.map((ms) => ms / 2));
    expect(full.map((_, at) => policy.delay(at + 1, () => 0.5))).toEqual(full.map((ms) => ms * 0.75));
    expect(full.map((_, at) => policy.delay(at + 1, () => 1 - 1e-9))).toEqual(full);
    expect(policy.delay(1_000, () => 0)).toBe(5_000);
  });

  plain("spreads with Math.random as well", () => {
    const policy = exponential({ attempts: 2, min: "1s", max: "1s" });
    const delays = Array.from({ length: 200 }, () => policy.delay(1, Math.random));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...delays)).toBeLessThanOrEqual(1_000);
    expect(new Set(delays).size).toBeGreaterThan(50);
  });
});
