import { expect } from "vitest";
import { z } from "zod";
import { defineTask, Terminal } from "../../src/index.js";
import { onBothStores, test } from "../stage.js";

interface Edit {
  readonly record: string;
  readonly text: string;
}

/** Dies the first time; each edit of a record after those before it. */
function editing(ran: string[]) {
  return defineTask<undefined>()({
    name: "edit",
    payload: z.object({ record: z.string(), text: z.string() }),
    serial: ({ record }) => record,
    run: ({ record, text }: Edit, { delivery }) => {
      if (text.startsWith("broken") && delivery === 1) throw new Terminal("the PDS won't have it");
      ran.push(`${record}: ${text}`);
      return Promise.resolve();
    },
  });
}

onBothStores("a dead letter that is replayed", () => {
  test("says so when others of its serial key waited as it died, and have run since", async ({ stage }) => {
    const ran: string[] = [];
    const edit = editing(ran);
    const docket = await stage.open([edit]);
    const { id } = await docket.add(edit, { record: "a", text: "broken" });
    await docket.add(edit, { record: "a", text: "newer" });
    await stage.run(docket);
    expect(await docket.replay(id)).toBe("overtaken");
    await stage.run(docket);
    expect(ran).toEqual(["a: newer", "a: broken"]);
  });

  test("says so when others of its serial key are there now, and comes behind them", async ({ stage }) => {
    const ran: string[] = [];
    const edit = editing(ran);
    const docket = await stage.open([edit]);
    const { id } = await docket.add(edit, { record: "a", text: "broken" });
    await stage.run(docket);
    await docket.add(edit, { record: "a", text: "newer" }, { delay: "1m" });
    await docket.add(edit, { record: "a", text: "newest" });
    expect(await docket.replay(id)).toBe("overtaken");
    await stage.run(docket);
    expect(ran).toEqual(["a: newest", "a: broken"]);
  });

  test("isn't overtaken by those of another one; nor by itself, when it dies again", async ({ stage }) => {
    const ran: string[] = [];
    const edit = editing(ran);
    const docket = await stage.open([edit]);
    const [one, other] = await docket.addMany(edit, [
      { record: "a", text: "broken" },
      { record: "b", text: "broken" },
    ]);
    await docket.add(edit, { record: "b", text: "newer" });
    await stage.run(docket);
    expect(await docket.replay(one?.id ?? "")).toBe("replayed");
    // Under another serial key it is in another line.
    expect(await docket.replay(other?.id ?? "", { payload: { record: "c", text: "moved" } })).toBe(
      "replayed",
    );
    await stage.run(docket);
    expect(ran).toEqual(["b: newer", "a: broken", "c: moved"]);
  });

  test("counts as replayed among many", async ({ stage }) => {
    const ran: string[] = [];
    const edit = editing(ran);
    const docket = await stage.open([edit]);
    await docket.addMany(edit, [
      { record: "a", text: "broken" },
      { record: "a", text: "broken again" },
      { record: "b", text: "broken" },
    ]);
    await stage.run(docket);
    expect(await docket.replayMany({})).toMatchObject({ replayed: 3, keyInUse: 0, unfit: [] });
    await stage.run(docket);
    expect(ran).toHaveLength(3);
  });
});
