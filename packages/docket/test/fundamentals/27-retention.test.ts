import { expect } from "vitest";
import { z } from "zod";
import { defineTask, ResultGone, Terminal } from "../../src/index.js";
import { onBothStores, test } from "../stage.js";

const work = defineTask<undefined>()({
  name: "work",
  payload: z.number(),
  result: true,
  run: (n) => {
    if (n < 0) throw new Terminal(`no ${String(n)}`);
    return Promise.resolve(n);
  },
});

onBothStores("what is kept of tasks that have ended", () => {
  test("dead letters: as long, and as many, as the docket says that buries", async ({ stage }) => {
    const docket = await stage.open([work], { deadLetters: { keep: "1h", most: 2 } });
    const messages = async (): Promise<unknown[]> =>
      (await docket.deadLetters()).map(({ error }) => error?.message);
    await docket.addMany(work, [-1, -2, -3]);
    await stage.run(docket);
    expect(await messages()).toEqual(["no -3", "no -2"]);
    stage.clock.advance("1h");
    await docket.add(work, -4);
    await stage.run(docket);
    expect(await messages()).toEqual(["no -4"]);
  });

  test("results: as long, and as many, as the docket says that keeps them", async ({ stage }) => {
    const docket = await stage.open([work], { results: { keep: "1d", most: 2 } });
    const handles = await docket.addMany(work, [1, 2, 3]);
    await stage.run(docket);
    await expect(handles[0]?.result()).rejects.toBeInstanceOf(ResultGone);
    stage.clock.advance("23h");
    expect(await Promise.all(handles.slice(1).map((handle) => handle.result()))).toEqual([2, 3]);
    stage.clock.advance("1h");
    await expect(handles[2]?.result()).rejects.toBeInstanceOf(ResultGone);
  });

  test("what two processes keep stays as long as each said, whoever asks", async ({ stage, kind }) => {
    if (kind === "memory") return; // there a store is one process's
    const [long, short] = [await stage.open([work], { results: { keep: "1d" } }), await stage.open([work])];
    const kept = await long.add(work, 1);
    await stage.run(long);
    const brief = await short.add(work, 2);
    await stage.run(short);
    stage.clock.advance("11m");
    await expect(brief.result()).rejects.toBeInstanceOf(ResultGone);
    const asked = await short.add(work, 3, { key: "k" });
    await stage.run(short);
    expect(await asked.state()).toBe("done");
    expect(await kept.result()).toBe(1);
  });

  test.for([
    { deadLetters: { keep: "59s" } },
    { deadLetters: { keep: "3651d" } },
    { deadLetters: { most: 0 } },
    { results: { keep: "500ms" } },
    { results: { keep: "31d" } },
    { results: { most: 1_000_001 } },
    { results: { most: 1.5 } },
  ] as const)("is refused out of range: %j", async (options, { stage }) => {
    await expect(stage.open([work], options)).rejects.toThrow(/kept.*: give/);
  });
});
