import { expect } from "vitest";
import { z } from "zod";
import { defineTask } from "../../src/index.js";
import { onBothStores, test } from "../stage.js";
import { until } from "../until.js";

const upload = z.object({ host: z.string(), n: z.number() });

function uploading(sent: number[]) {
  return defineTask<undefined>()({
    name: "upload",
    payload: upload,
    run: ({ n }) => Promise.resolve(sent.push(n)),
  });
}

onBothStores("a strike", () => {
  test("keeps a task from starting on all workers at once, until it is restored", async ({ stage }) => {
    const sent: number[] = [];
    const task = uploading(sent);
    const docket = await stage.open([task]);
    const other = await stage.open([task]);
    await stage.worker(docket).start();
    await stage.worker(other).start();
    await docket.strike(task, undefined, "it fills the disk");
    await docket.add(task, { host: "a", n: 1 });
    await other.add(task, { host: "b", n: 2 });
    if (stage.url === undefined) await other.strike(task); // a store in memory is its docket's alone
    expect(await docket.strikes()).toMatchObject([
      { task: "upload", where: undefined, reason: "it fills the disk" },
    ]);
    const held = async () => (await docket.snapshot()).held + (await docket.snapshot()).waiting;
    expect(await held()).toBe(stage.url === undefined ? 1 : 2);
    expect(await docket.restore("upload")).toBe(true);
    if (stage.url === undefined) await other.restore(task);
    await until("both are sent", () => sent.length === 2);
    expect(await docket.restore(task)).toBe(false);
  });

  test("may name fields of the payload; only those wait, and may be cancelled", async ({ stage }) => {
    const sent: number[] = [];
    const task = uploading(sent);
    const docket = await stage.open([task]);
    await docket.strike(task, { host: "a" }, "its disk is full");
    const { id } = await docket.add(task, { host: "a", n: 1 });
    await docket.add(task, { host: "b", n: 2 });
    await docket.add(task, { host: "a", n: 3 });
    await stage.run(docket);
    expect(sent).toEqual([2]);
    expect(await docket.strikes()).toMatchObject([{ where: { host: "a" }, held: 2 }]);
    expect(await docket.cancel(id)).toBe("cancelled");
    expect(await docket.restore(task, { host: "a" })).toBe(true);
    await stage.run(docket);
    expect(sent).toEqual([2, 3]);
  });

  test("needs a name, and fields that can be compared", async ({ stage }) => {
    const docket = await stage.open([uploading([])]);
    for (const [name, where, reason] of [
      ["", undefined, ""],
      ["x".repeat(201), undefined, ""],
      ["upload", {}, ""],
      ["upload", { n: NaN }, ""],
      ["upload", { text: "x".repeat(2_000) }, ""],
      ["upload", undefined, "x".repeat(1_001)],
    ] as const)
      await expect(docket.strike(name, where, reason)).rejects.toThrow(RangeError);
    expect(await docket.strikes()).toEqual([]);
  });
});
