import { expect } from "vitest";
import { z } from "zod";
import { defineTask, type Priority } from "../../src/index.js";
import { onBothStores, test } from "../stage.js";

onBothStores("a priority", () => {
  test("is the task's, or that of one add", async ({ stage }) => {
    const ran: string[] = [];
    const define = (name: string, priority?: Priority) =>
      defineTask<undefined>()({
        name,
        payload: z.string(),
        ...(priority === undefined ? {} : { priority }),
        run: (text) => Promise.resolve(ran.push(text)),
      });
    const [mail, index] = [define("mail"), define("index", "low")];
    const docket = await stage.open([mail, index]);
    await docket.add(index, "an index");
    await docket.add(mail, "a newsletter");
    await docket.add(mail, "a password's reset", { priority: "high" });
    await docket.add(index, "an index that somebody waits for", { priority: "normal" });
    await stage.run(docket, { concurrency: 1 });
    expect(ran).toEqual([
      "a password's reset",
      "a newsletter",
      "an index that somebody waits for",
      "an index",
    ]);
  });

  test("lets nobody starve: of ten that start while several wait, one is normal and one low", async ({
    stage,
  }) => {
    const ran: Priority[] = [];
    const task = defineTask<undefined>()({
      name: "task",
      payload: z.enum(["high", "normal", "low"]),
      run: (priority) => Promise.resolve(ran.push(priority)),
    });
    const docket = await stage.open([task]);
    for (const priority of ["low", "normal", "high"] as const)
      await docket.addMany(
        task,
        Array.from({ length: 30 }, () => priority),
        { priority },
      );
    await stage.run(docket, { concurrency: 1 });
    const counts = [0, 10, 20].map((from) => {
      const ten = ran.slice(from, from + 10);
      return ["high", "normal", "low"].map((one) => ten.filter((other) => other === one).length);
    });
    expect(counts).toEqual([
      [8, 1, 1],
      [8, 1, 1],
      [8, 1, 1],
    ]);
    expect(ran).toHaveLength(90);
  });
});
