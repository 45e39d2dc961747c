import { expect } from "vitest";
import { z } from "zod";
import { defineTask, fixed, Terminal, type Docket, type EndedTask } from "../../src/index.js";
import { signal } from "../signal.js";
import { onBothStores, test } from "../stage.js";

const letter = defineTask<undefined>()({
  name: "letter",
  payload: z.object({ to: z.string(), secret: z.string().optional() }),
  run: ({ to }) => (to === "nobody" ? Promise.reject(new Terminal("no such person")) : Promise.resolve()),
});

const told = async (docket: Docket<undefined>): Promise<string[]> =>
  (await docket.recent()).map(({ key, ended }) => `${key ?? ""} ${ended}`);

onBothStores("a history of what has ended", () => {
  test("is kept where it is asked for, and tells all but what was in the task", async ({ stage }) => {
    const docket = await stage.open([letter], { history: { keep: "1d", most: 1_000 } });
    const added = stage.clock.now();
    const handle = await docket.add(letter, { to: "ann", secret: "42" }, { key: "to ann", delay: "1m" });
    stage.clock.advance("1m");
    await stage.run(docket);
    const [ended] = await docket.recent();
    expect(ended).toEqual({
      ...{ id: handle.id, task: "letter", version: 1, key: "to ann", ended: "done", error: undefined },
      ...{ addedAt: added, startedAt: added + 60_000, endedAt: added + 60_000 },
      ...{ attempts: 1, deliveries: 1, worker: ended?.worker },
    } satisfies EndedTask);
    expect(ended?.worker).toMatch(/./);
    expect(await handle.state()).toBe("done");
  });

  test("says of each how it ended: done, given up and why, cancelled, thrown away", async ({ stage }) => {
    const docket = await stage.open([letter], { history: {} });
    for (const to of ["ann", "nobody"]) {
      await docket.add(letter, { to }, { key: to });
      stage.clock.advance(1);
      await stage.run(docket);
    }
    const late = await docket.add(letter, { to: "bob" }, { key: "bob", delay: "1h" });
    stage.clock.advance(1);
    await late.cancel();
    expect(await told(docket)).toEqual(["bob cancelled", "nobody dead", "ann done"]);
    const [dead] = await docket.recent({ ended: "dead" });
    expect(dead).toMatchObject({ error: "no such person", attempts: 1, deliveries: 1 });

    stage.clock.advance(1);
    await docket.discard(dead?.id ?? "");
    expect(await told(docket)).toEqual(["nobody discarded", "bob cancelled", "ann done"]);
    expect(await docket.recent({ key: "nobody" })).toMatchObject([{ error: "no such person" }]);
  });

  test("tells a run that was replaced from one that was cancelled", async ({ stage }) => {
    const [begun, replaced] = [signal(), signal()];
    const draft = defineTask<undefined>()({
      name: "draft",
      payload: z.number(),
      retry: fixed({ attempts: 3, pause: "1m" }),
      run: async (n, { delivery }) => {
        if (n > 1) return;
        begun.resolve();
        await replaced.promise;
        throw new Error(`to be tried again, if it weren't replaced (${String(delivery)})`);
      },
    });
    const docket = await stage.open([draft], { history: {} });
    const first = await docket.add(draft, 1, { key: "draft" });
    const working = stage.run(docket);
    await begun.promise;
    const second = await docket.replace(draft, 2, { key: "draft" });
    replaced.resolve();
    await working;
    const ended = new Map((await docket.recent({ key: "draft" })).map((one) => [one.id, one.ended]));
    expect(ended).toEqual(
      new Map([
        [first.id, "replaced"],
        [second.id, "done"],
      ]),
    );
    expect(await first.state()).toBe("cancelled");
  });

  test("has each of a batch by itself", async ({ stage }) => {
    const many = defineTask<undefined>()({
      name: "many",
      payload: z.number(),
      batch: { most: 3, within: "1s" },
      runBatch: (items) => {
        items[1]?.fail(new Terminal("the second"));
        return Promise.resolve();
      },
    });
    const docket = await stage.open([many], { history: {} });
    await docket.addMany(many, [1, 2, 3]);
    await stage.run(docket);
    const ended = (await docket.recent({ task: "many" })).reverse();
    expect(ended.map((one) => [one.ended, one.error])).toEqual([
      ["done", undefined],
      ["dead", "the second"],
      ["done", undefined],
    ]);
  });

  test("is read in pages, each behind the last of the one before, or before a time", async ({ stage }) => {
    const docket = await stage.open([letter], { history: {} });
    await docket.addMany(
      letter,
      Array.from({ length: 25 }, () => ({ to: "ann" })),
    );
    await stage.run(docket);
    const pages: (readonly EndedTask[])[] = [];
    for (let last: EndedTask | undefined; pages.length < 4; last = pages.at(-1)?.at(-1))
      pages.push(await docket.recent({ most: 10, before: last }));
    expect(pages.map((page) => page.length)).toEqual([10, 10, 5, 0]);
    expect(new Set(pages.flat().map(({ id }) => id)).size).toBe(25);
    expect(await docket.recent({ before: new Date(stage.clock.now()) })).toEqual([]);
    expect(await docket.recent({ before: new Date(stage.clock.now() + 1) })).toHaveLength(25);
  });

  test("keeps the newest, and none for longer than it says", async ({ stage }) => {
    const docket = await stage.open([letter], { history: { keep: "1h", most: 2 } });
    for (const key of ["a", "b", "c"]) {
      await docket.add(letter, { to: key }, { key });
      await stage.run(docket);
      stage.clock.advance("10m");
    }
    expect(await told(docket)).toEqual(["c done", "b done"]);
    stage.clock.advance("45m");
    expect(await told(docket)).toEqual(["c done"]);
    stage.clock.advance("1h");
    expect(await told(docket)).toEqual([]);
  });

  test("has the last end of what lived again", async ({ stage }) => {
    let broken = true;
    const mended = defineTask<undefined>()({
      name: "mended",
      payload: z.null(),
      run: () => (broken ? Promise.reject(new Terminal("broken")) : Promise.resolve()),
    });
    const docket = await stage.open([mended], { history: {} });
    const { id } = await docket.add(mended, null);
    await stage.run(docket);
    expect(await docket.recent({ id })).toMatchObject([{ ended: "dead", error: "broken" }]);
    broken = false;
    await docket.replay(id);
    await stage.run(docket);
    expect(await docket.recent()).toMatchObject([{ id, ended: "done", error: undefined, deliveries: 2 }]);
  });

  test("is none without being asked for: nothing is kept, and nothing told", async ({ stage }) => {
    const docket = await stage.open([letter]);
    const handle = await docket.add(letter, { to: "ann" });
    await stage.run(docket);
    expect(await docket.recent()).toEqual([]);
    expect(await handle.state()).toBe("unknown");
  });

  test("of a task that comes by itself has nothing, since that doesn't end", async ({ stage }) => {
    const tick = defineTask<undefined>()({
      name: "tick",
      payload: z.null(),
      every: "1m",
      run: () => Promise.resolve(),
    });
    const docket = await stage.open([tick], { history: {} });
    await stage.run(docket);
    expect(await docket.recent()).toEqual([]);
  });

  test.for([
    [{ history: { keep: "59s" } }, /ends are to be kept for "59s": give 1m to 30d/],
    [{ history: { keep: "31d" } }, /ends are to be kept for "31d": give 1m to 30d/],
    [{ history: { most: 100_001 } }, /at most 100001 ends are to be kept: .* 1 to 100000/],
  ] as const)("is refused out of range: %j", async ([options, message], { stage }) => {
    await expect(stage.open([letter], options)).rejects.toThrow(message);
  });

  test("can't be asked for what can't be", async ({ stage }) => {
    const docket = await stage.open([letter]);
    await expect(docket.recent({ most: 0 })).rejects.toThrow(/at most 0 ends .*: give .* 1 to 1000/);
    await expect(docket.recent({ most: 1_001 })).rejects.toThrow(RangeError);
    await expect(docket.recent({ before: new Date(Number.NaN) })).rejects.toThrow(/a time that is none/);
  });
});
