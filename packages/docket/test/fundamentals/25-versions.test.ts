import { expect } from "vitest";
import { z } from "zod";
import { defineTask, Terminal, type Docket, type Task } from "../../src/index.js";
import type { Store } from "../../src/store/store.js";
import { only } from "../desk.js";
import { onBothStores, test, type Stage } from "../stage.js";

type Run = (payload: unknown) => void;
type Opened = Docket<undefined>;

/** Dockets of two releases on one store; that in memory is otherwise each docket's own. */
async function openBoth(
  stage: Stage,
  one: Task<unknown, undefined>,
  other: Task<unknown, undefined>,
): Promise<[Opened, Opened]> {
  let shared: Store | undefined;
  const options = stage.url === undefined ? { through: (own: Store) => (shared ??= own) } : {};
  return [await stage.open([one], options), await stage.open([other], options)];
}

/** As the last release had it. */
function first(run: Run): Task<string, undefined> {
  return defineTask<undefined>()({
    name: "greet",
    payload: z.string(),
    serial: (who) => who,
    run: (payload) => {
      run(payload);
      return Promise.resolve();
    },
  });
}

const greeting = z.object({ who: z.string(), how: z.string() });

function second(run: Run): Task<z.infer<typeof greeting>, undefined> {
  return defineTask<undefined>()({
    name: "greet",
    version: 2,
    payload: greeting,
    upgrade: (old, from) => {
      if (old === "nobody") throw new Terminal("nobody can't be greeted");
      return { who: z.string().parse(old), how: `hello, said version ${String(from)}` };
    },
    serial: ({ who }) => who,
    run: (payload) => {
      run(payload);
      return Promise.resolve();
    },
  });
}

onBothStores("the version of a payload", () => {
  test("an old payload is made a new one before the schema sees it, and keeps its place in its lane", async ({
    stage,
  }) => {
    const ran: unknown[] = [];
    const [old, now] = [first((it) => ran.push(it)), second((it) => ran.push(it))];
    const [before, docket] = await openBoth(stage, old, now);
    await before.add(old, "ann");
    await docket.add(now, { who: "ann", how: "good morning" });
    expect((await docket.snapshot()).tasks).toEqual({ greet: 2 });
    await stage.run(docket, { concurrency: 5 });
    expect(ran).toEqual([
      { who: "ann", how: "hello, said version 1" },
      { who: "ann", how: "good morning" },
    ]);
  });

  test("a worker that knows only earlier ones lays it aside, with nothing counted, for one that knows", async ({
    stage,
  }) => {
    const ran: unknown[] = [];
    const [old, now] = [first((it) => ran.push(it)), second((it) => ran.push(it))];
    const [before, docket] = await openBoth(stage, old, now);
    await docket.add(now, { who: "ben", how: "good morning" }, { key: "k" });
    await stage.run(before);
    expect(ran).toEqual([]);
    expect(await before.snapshot()).toMatchObject({
      aside: { "greet@2": 1 },
      unserved: ["greet@2"],
      tasks: { greet: 1 },
    });
    expect((await before.tasks()).tasks).toMatchObject([{ task: "greet", aside: 1 }]);
    expect((await before.find(["k"])).get("k")).toMatchObject({ state: "waiting" });
    await stage.run(docket);
    expect(ran).toEqual([{ who: "ben", how: "good morning" }]);
  });

  test("what can't be upgraded is a dead letter of its version; edited, it is of the version that edits", async ({
    stage,
  }) => {
    const ran: unknown[] = [];
    const [old, now] = [first((it) => ran.push(it)), second((it) => ran.push(it))];
    const [before, docket] = await openBoth(stage, old, now);
    const { id } = await before.add(old, "nobody");
    await stage.run(docket);
    expect(only(await docket.deadLetters())).toMatchObject({
      task: "greet",
      version: 1,
      payload: "nobody",
      cause: "terminal",
      error: { message: "nobody can't be greeted" },
    });
    expect(await docket.replay(id, { payload: { who: "cid", how: "hi" } })).toBe("replayed");
    await stage.run(before);
    expect(ran).toEqual([]);
    await stage.run(docket);
    expect(ran).toEqual([{ who: "cid", how: "hi" }]);
  });

  test("a strike is the task's, whatever the version", async ({ stage }) => {
    const ran: unknown[] = [];
    const [old, now] = [first((it) => ran.push(it)), second((it) => ran.push(it))];
    const [before, docket] = await openBoth(stage, old, now);
    await docket.strike("greet");
    await before.add(old, "ann");
    await docket.add(now, { who: "ben", how: "hi" });
    await stage.run(docket);
    expect(ran).toEqual([]);
    expect(await docket.strikes()).toMatchObject([{ task: "greet", held: 2 }]);
    await docket.restore("greet");
    await stage.run(docket);
    expect(ran).toHaveLength(2);
  });

  test("what comes by itself goes on, whichever version works", async ({ stage }) => {
    const ran: number[] = [];
    const tick = (version: number): Task<null, undefined> =>
      defineTask<undefined>()({
        name: "tick",
        version,
        every: "1m",
        payload: z.null(),
        run: () => Promise.resolve(ran.push(version)),
      });
    const [before, docket] = await openBoth(stage, tick(1), tick(2));
    for (const each of [before, docket, before]) {
      await stage.run(each);
      stage.clock.advance("1m");
    }
    expect(ran).toEqual([1, 2, 1]);
  });

  test("in a batch, a newer one is laid aside by itself, wherever it stands there; the others run", async ({
    stage,
  }) => {
    const ran: string[][] = [];
    const write = (version: number): Task<string, undefined> =>
      defineTask<undefined>()({
        name: "write",
        version,
        upgrade: (old) => z.string().parse(old),
        payload: z.string(),
        batch: { most: 3, within: "200ms" },
        runBatch: (items) => {
          ran.push(
            items.map(({ payload, attempt }) => `${payload}/${String(attempt)} by ${String(version)}`),
          );
          return Promise.resolve();
        },
      });
    const [old, now] = [write(1), write(2)];
    const [before, docket] = await openBoth(stage, old, now);
    for (const newer of [0, 1, 2]) {
      for (const place of [0, 1, 2]) {
        await (place === newer ? docket.add(now, "newer") : before.add(old, String(place)));
        // Each comes to its turn by itself, so that they stand there in this order.
        await stage.run(before);
        stage.clock.advance("1ms");
      }
      const [one, other] = [0, 1, 2].filter((place) => place !== newer);
      expect(ran.splice(0)).toEqual([[`${String(one)}/1 by 1`, `${String(other)}/1 by 1`]]);
      expect(await before.snapshot()).toMatchObject({
        aside: { "write@2": 1 },
        running: 0,
        held: 0,
        dead: 0,
      });
      await stage.run(docket);
      stage.clock.advance("200ms");
      await stage.run(docket);
      expect(ran.splice(0)).toEqual([["newer/1 by 2"]]);
    }
    expect((await docket.snapshot()).counts).not.toHaveProperty("recovered");
  });

  test("is refused where it makes no sense", async ({ stage }) => {
    await stage.open([]);
    const define = (options: { name?: string; version?: number }) => (): unknown =>
      defineTask<undefined>()({
        name: "greet",
        payload: z.string(),
        run: () => Promise.resolve(),
        ...options,
      });
    expect(define({ name: "greet@2" })).toThrow(/doesn't end with "@" and a number/);
    expect(define({ version: 0 })).toThrow(RangeError);
    expect(define({ version: 101 })).toThrow(/from 1 to 100/);
    expect(define({ version: 2 })).toThrow(/version 2 of task greet has no upgrade/);
  });
});
