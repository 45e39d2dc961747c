import { describe, expect, inject } from "vitest";
import { z } from "zod";
import { defineTask, type Docket, type DocketOptions, type Task, Terminal } from "../../src/index.js";
import { matching } from "../matching.js";
import { signal } from "../signal.js";
import { test, type Stage } from "../stage.js";
import { typed, values, type Ended } from "./terminal.js";

test.override("kind", "redis");

/** What a service has: some of it works, some of it dies. */
const post = defineTask<undefined>()({
  name: "post",
  payload: z.object({ to: z.string() }),
  group: ({ to }) => `to ${to}`,
  run: ({ to }) => (to.startsWith("x") ? Promise.reject(new Terminal(`404 of ${to}`)) : Promise.resolve()),
});

interface Desk {
  readonly docket: Docket<undefined>;
  /** What people get. */
  readonly type: (...argv: string[]) => Promise<Ended>;
  /** What programs get. */
  readonly json: (...argv: string[]) => Promise<Ended & { values: unknown[] }>;
}

async function sit(
  stage: Stage,
  tasks: readonly Task<unknown, undefined>[] = [post],
  options: Pick<DocketOptions<undefined>, "history"> = {},
): Promise<Desk> {
  const docket = await stage.open(tasks, { clock: undefined, ...options });
  const env = { DOCKET_URL: inject("redisUrl"), DOCKET_NAME: stage.name };
  return {
    docket,
    type: (...argv) => typed(argv, env),
    json: async (...argv) => {
      const ended = await typed([...argv, "--json"], env);
      return { ...ended, values: values(ended.out) };
    },
  };
}

describe("snapshot, tasks and workers", () => {
  test("tell what there is, to people and to programs", async ({ stage }) => {
    const { docket, type, json } = await sit(stage);
    await docket.add(post, { to: "ann" });
    await stage.run(docket);
    await docket.add(post, { to: "bob" });
    await docket.add(post, { to: "eve" }, { delay: "1h" });

    const { code, out } = await type("snapshot");
    expect(code).toBe(0);
    expect(out).toMatch(/^waiting +1 +the next for \d+s/m);
    expect(out).toMatch(/^delayed +1/m);
    expect(out).toMatch(/due in 59m/);
    expect((await json("snapshot")).values).toMatchObject([{ waiting: 1, delayed: 1, tasks: { post: 2 } }]);

    expect((await type("tasks")).out).toMatch(/^task +waiting.*\npost +1 .* 1 /);
    expect((await json("tasks", "--minutes", "15")).values).toMatchObject([
      { estimated: false, tasks: [{ task: "post", waiting: 1, ended: { done: 1 } }] },
    ]);

    expect(await type("workers")).toMatchObject({ code: 1, out: "", err: matching(/^No worker is there/) });
    await docket.pause(["to bob", "to eve"], "1h", "not yet");
    await stage.worker(docket).start();
    const workers = await type("workers");
    expect(workers).toMatchObject({ code: 0, err: "" });
    expect(workers.out).toMatch(new RegExp(`^worker .*\\n.* ${String(process.pid)} .*post`));
    expect((await json("workers")).values).toMatchObject([{ pid: process.pid, tasks: ["post"] }]);
    await docket.resume(["to bob", "to eve"]);
  });

  test("of a name that nobody uses say so, and are no success", async ({ stage }) => {
    const { json } = await sit(stage);
    for (const command of [["snapshot"], ["tasks"], ["dead"], ["dead", "--group"], ["recent"]])
      expect(await json(...command)).toMatchObject({
        code: 1,
        err: matching(/^Nothing is known of a docket named stage-\S+ here: .* Is --name right\?\n$/),
      });
  });
});

describe("dead", () => {
  test("lists, groups and shows what was given up", async ({ stage }) => {
    const { docket, type, json } = await sit(stage);
    await docket.add(post, { to: "ann" });
    await stage.run(docket);
    for (const to of ["x1", "x2", "xy"]) await docket.add(post, { to }, { key: to });
    await stage.run(docket);

    expect((await type("dead")).out).toMatch(
      /^id +task +died +cause +error\n(\S+ +post .* terminal +404 of x.\s*){3}$/,
    );
    expect((await json("dead", "--error", "xy", "--task", "post")).values).toMatchObject([
      { task: "post", key: "xy", payload: { to: "xy" }, cause: "terminal" },
    ]);
    expect((await json("dead", "--limit", "2")).values).toHaveLength(2);
    expect(await type("dead", "--task", "other")).toMatchObject({
      code: 0,
      out: "There is no such dead letter.\n",
    });

    expect((await type("dead", "--group")).out).toMatch(/^count .*\n2 +post +… of x….*\n1 +post +… of xy/);
    expect((await json("dead", "--group", "--error", "xy")).values).toMatchObject([
      { count: 1, task: "post" },
    ]);

    const [letter] = await docket.deadLetters({ error: "xy" });
    const shown = await type("dead", "show", letter?.id ?? "");
    expect(shown.out).toMatch(/payload +{"to":"xy"}/);
    expect(shown.out).toMatch(/error +Terminal: 404 of xy/);
    expect((await json("dead", "show", letter?.id ?? "")).values).toMatchObject([{ key: "xy" }]);
    expect(await type("dead", "show", "nobody")).toMatchObject({ code: 1, out: matching(/no dead letter/) });
  });

  test("replays and discards one, or those that were asked for", async ({ stage }) => {
    const { docket, type, json } = await sit(stage);
    for (const to of ["x1", "x2", "x3", "xy"]) await docket.add(post, { to }, { key: to });
    await stage.run(docket);
    const idOf = async (error: string): Promise<string> => (await docket.deadLetters({ error }))[0]?.id ?? "";

    const [first, second] = [await idOf("x1"), await idOf("x2")];
    expect(await type("dead", "replay", first)).toMatchObject({ code: 0, out: matching(/lives again/) });
    expect(await json("dead", "replay", first)).toMatchObject({
      code: 1,
      values: [{ id: first, result: "unknown" }],
    });
    expect(await json("dead", "discard", second)).toMatchObject({ values: [{ result: "discarded" }] });
    expect(await type("dead", "discard", second)).toMatchObject({ code: 1 });

    await docket.add(post, { to: "ann" }, { key: "x3", delay: "1h" });
    expect(await type("dead", "replay", "--all", "--error", "404")).toMatchObject({
      code: 1,
      out: matching(/^key in use: 1\nreplayed: 1\n$/),
    });
    expect(await json("dead", "discard", "--all", "--task", "post")).toMatchObject({
      code: 0,
      values: [{ result: "discarded" }],
    });
    expect((await docket.snapshot()).dead).toBe(0);
  });

  test("does nothing to all of them unless that is said", async ({ stage }) => {
    const { docket, type } = await sit(stage);
    await docket.add(post, { to: "x" });
    await stage.run(docket);
    for (const verb of ["replay", "discard"])
      for (const argv of [[], ["--task", "post"], ["id", "--all"], ["id", "--error", "404"]])
        expect(await type("dead", verb, ...argv)).toMatchObject({
          code: 2,
          err: matching(/Give an id, or --all/),
        });
    expect((await docket.snapshot()).dead).toBe(1);
  });
});

describe("recent", () => {
  test("tells what has ended and how, to people and to programs, and only what was asked for", async ({
    stage,
  }) => {
    const { docket, type, json } = await sit(stage, [post], { history: {} });
    for (const to of ["ann", "x1"]) {
      await docket.add(post, { to }, { key: to });
      await stage.run(docket);
    }
    await docket.cancel((await docket.add(post, { to: "eve" }, { delay: "1h" })).id);

    const { code, out } = await type("recent");
    expect(code).toBe(0);
    expect(out).toMatch(/^ended +how +task +key +id +ran for +attempts +error\n/);
    expect(out).toMatch(/cancelled +post +– +\S+ +– +0 +–/);
    expect(out).toMatch(/dead +post +x1 +\S+ +\d+m?s.* 1 +404 of x1/);
    expect(out).toMatch(/done +post +ann /);
    const { values: ends } = await json("recent");
    expect(ends).toMatchObject([
      { ended: "cancelled" },
      { ended: "dead", error: "404 of x1" },
      { key: "ann" },
    ]);
    expect(JSON.stringify(ends)).not.toContain('"to"');
    expect((await json("recent", "--key", "ann", "--task", "post")).values).toMatchObject([
      { ended: "done", attempts: 1 },
    ]);
    expect((await json("recent", "--ended", "dead", "--most", "1")).values).toMatchObject([{ key: "x1" }]);
    const id = (await docket.recent({ key: "x1" }))[0]?.id ?? "";
    expect((await json("recent", "--id", id)).values).toMatchObject([{ id }]);
    expect(await json("recent", "--before", "2020-01-01")).toMatchObject({ code: 0, values: [] });
    for (const argv of [
      ["--ended", "well"],
      ["--most", "0"],
      ["--most", "1001"],
      ["--before", "soon"],
    ])
      expect(await type("recent", ...argv)).toMatchObject({ code: 2, out: "" });
  });

  test("says that nothing is known where no history is kept", async ({ stage }) => {
    const { docket, type } = await sit(stage);
    await docket.add(post, { to: "ann" });
    await stage.run(docket);
    await docket.add(post, { to: "eve" }, { delay: "1h" });
    expect(await type("recent")).toMatchObject({ code: 0, out: matching(/^No such end is known/) });
  });
});

test("cancel takes back what waits, has what runs stop, and says when there is nothing", async ({
  stage,
}) => {
  const begun = signal();
  const long = defineTask<undefined>()({
    name: "long",
    payload: z.null(),
    run: (_, ctx) =>
      new Promise((_resolve, reject) => {
        ctx.signal.addEventListener("abort", () => {
          reject(new Error("stopped"));
        });
        begun.resolve();
      }),
  });
  const { docket, type, json } = await sit(stage, [long]);
  const waiting = await docket.add(long, null, { delay: "1h" });
  expect(await type("cancel", waiting.id)).toMatchObject({ code: 0, out: matching(/is gone/) });
  expect(await type("cancel", waiting.id)).toMatchObject({ code: 1, out: matching(/No living task/) });
  const running = await docket.add(long, null);
  const worked = stage.run(docket);
  await begun.promise;
  expect((await json("cancel", running.id)).values).toEqual([{ id: running.id, result: "running" }]);
  await worked;
});

describe("strike, restore and strikes", () => {
  test("keep a task, or some payloads of it, from starting, and let them go on", async ({ stage }) => {
    const { docket, type, json } = await sit(stage);
    expect((await type("strikes")).out).toBe("Nothing is struck.\n");
    expect(await json("strike", "post", "--where", "to=ann", "--because", "asked to")).toMatchObject({
      code: 0,
      values: [{ task: "post", where: { to: "ann" }, reason: "asked to" }],
    });
    await docket.add(post, { to: "ann" });
    await stage.run(docket);
    expect((await docket.snapshot()).held).toBe(1);
    expect((await type("strikes")).out).toMatch(/post +{"to":"ann"} +\S+ +1 +asked to/);
    expect((await json("strikes")).values).toMatchObject([{ task: "post", where: { to: "ann" }, held: 1 }]);
    expect(await type("restore", "post")).toMatchObject({ code: 1, out: matching(/No such strike/) });
    expect(await type("restore", "post", "--where", "to=ann")).toMatchObject({
      code: 0,
      out: "post goes on.\n",
    });
    await stage.run(docket);
    expect((await docket.snapshot()).held).toBe(0);
  });

  test("read a value as JSON where it is that, and several fields as all of them", async ({ stage }) => {
    const { docket, json } = await sit(stage);
    const where = ["--where", "n=1", "--where", "yes=true", "--where", "none=null", "--where", 'text="1"'];
    await json("strike", "post", ...where);
    expect(await docket.strikes()).toMatchObject([{ where: { n: 1, yes: true, none: null, text: "1" } }]);
    expect((await json("restore", "post", ...where.toReversed().map(swapped(where)))).code).toBe(0);
    for (const odd of ["n", "=1", "n=[1]"])
      expect(await json("strike", "post", "--where", odd)).toMatchObject({ code: 2, out: "" });
    expect(await docket.strikes()).toEqual([]);
  });
});

/** The same pairs in another order. */
function swapped(pairs: readonly string[]) {
  const backwards = pairs.filter((_, at) => at % 2 === 1).toReversed();
  return (_: string, at: number): string => (at % 2 === 0 ? "--where" : (backwards[(at - 1) / 2] ?? ""));
}

test("pause, resume and paused stop groups for a time", async ({ stage }) => {
  const { docket, type, json } = await sit(stage);
  expect((await type("paused")).out).toBe("No group is paused.\n");
  const paused = await json("pause", "to ann", "to bob", "--for", "10m", "--because", "away");
  expect(paused).toMatchObject({ code: 0 });
  expect(paused.values).toHaveLength(2);
  expect(await type("pause", "to eve", "--until", "2035-01-31")).toMatchObject({
    code: 0,
    out: matching(/^to eve is paused until 2035-01-31T00:00:00.000Z/),
  });
  expect((await type("paused")).out).toMatch(/to ann +\S+ +away/);
  expect((await json("paused")).values).toHaveLength(3);
  expect(await type("resume", "to ann", "to bob", "to eve")).toMatchObject({
    code: 0,
    out: "3 of them go on.\n",
  });
  expect(await json("resume", "to ann")).toMatchObject({ code: 1, values: [{ resumed: 0 }] });
  for (const argv of [[], ["--for", "soon"], ["--until", "soon"], ["--for", "1m", "--until", "2035-01-31"]])
    expect(await type("pause", "to ann", ...argv)).toMatchObject({ code: 2, out: "" });
  expect(await docket.paused()).toEqual([]);
});

test("cost tells the server's commands by whether they were sent or called inside, and what a month is", async ({
  stage,
}) => {
  const { docket, type, json } = await sit(stage);
  await docket.add(post, { to: "ann" });
  await stage.run(docket);
  const { values: sinceStart } = await json("cost");
  expect(sinceStart).toHaveLength(1);
  const [found] = sinceStart.map((value) =>
    z.object({ sent: reckoned, inside: reckoned, ms: z.number() }).parse(value),
  );
  expect(found?.sent.counted).toBeGreaterThanOrEqual(4);
  expect(found?.inside.counted).toBeGreaterThan(found?.sent.counted ?? Infinity);
  expect(found?.sent.dollarsPerMonth).toBeCloseTo(((found?.sent.perDay ?? 0) * 30 * 0.2) / 100_000, 6);
  expect((await type("cost", "--for", "10ms")).out).toMatch(
    /^ .*a day +a month +at \$0.2 per 100000\nsent by dockets +\d+/,
  );
});

const reckoned = z.object({ counted: z.number(), perDay: z.number(), dollarsPerMonth: z.number() });
