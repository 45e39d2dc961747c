import { expect } from "vitest";
import { z } from "zod";
import { defineTask } from "../../src/index.js";
import { onBothStores, test } from "../stage.js";

onBothStores("what would come too often", () => {
  test("is dropped within the cooldown of its key; the handle says why, and whose it is", async ({
    stage,
  }) => {
    const ran: string[] = [];
    const remind = defineTask<undefined>()({
      name: "remind",
      payload: z.string(),
      cooldown: "10m",
      result: true,
      run: (text) => Promise.resolve(ran.push(text)),
    });
    const docket = await stage.open([remind]);
    const first = await docket.add(remind, "ann", { key: "ann" });
    expect(await docket.add(remind, "ann, while it lives", { key: "ann" })).toEqual({
      id: first.id,
      added: false,
    });
    await docket.add(remind, "bob", { key: "bob" });
    await stage.run(docket);
    const again = await docket.add(remind, "ann again", { key: "ann" });
    expect(again).toEqual({ id: first.id, added: false, refused: "cooldown" });
    expect(await again.result()).toBe(1);
    stage.clock.advance("10m");
    expect((await docket.add(remind, "ann, later", { key: "ann" })).added).toBe(true);
    await stage.run(docket);
    expect(ran).toEqual(["ann", "bob", "ann, later"]);
  });

  test("may have its cooldown from one add; without keys the whole task has one", async ({ stage }) => {
    const define = (name: string, cooldown?: "1h") =>
      defineTask<undefined>()({
        name,
        payload: z.null(),
        ...(cooldown === undefined ? {} : { cooldown }),
        run: () => Promise.resolve(),
      });
    const [plain, cool] = [define("plain"), define("cool", "1h")];
    const docket = await stage.open([plain, cool]);
    await docket.add(plain, null, { key: "k", cooldown: "1m" });
    await docket.add(cool, null);
    await stage.run(docket);
    expect((await docket.add(plain, null, { key: "k", cooldown: "1m" })).refused).toBe("cooldown");
    expect((await docket.add(plain, null, { key: "k" })).added).toBe(true);
    expect((await docket.add(cool, null)).refused).toBe("cooldown");
    await expect(docket.add(plain, null, { cooldown: "1m" })).rejects.toThrow(
      "the cooldown of plain has nothing to count by: give a key",
    );
    await stage.run(docket);
  });

  test("is dropped over a rate that says so", async ({ stage }) => {
    const sent: string[] = [];
    const notify = defineTask<undefined>()({
      name: "notify",
      payload: z.object({ person: z.string(), what: z.string() }),
      group: ({ person }) => person,
      rate: { limit: 2, per: "1h", over: "drop" },
      run: ({ what }) => Promise.resolve(sent.push(what)),
    });
    const docket = await stage.open([notify]);
    const handles = await docket.addMany(
      notify,
      ["one", "two", "three"].map((what) => ({ person: "ann", what })),
    );
    expect(handles.map(({ added, refused }) => [added, refused])).toEqual([
      [true, undefined],
      [true, undefined],
      [false, "rate"],
    ]);
    expect((await docket.add(notify, { person: "bob", what: "bob's" })).added).toBe(true);
    await stage.run(docket);
    expect(sent).toEqual(["one", "two", "bob's"]);
  });

  test("is never what comes by itself, and a cooldown has its range", () => {
    const define = (options: { every?: "1m"; cooldown: number }) => () =>
      defineTask<undefined>()({ name: "task", payload: z.null(), ...options, run: () => Promise.resolve() });
    expect(define({ every: "1m", cooldown: 1 })).toThrow("task task comes by itself, and may not be refused");
    expect(define({ cooldown: 0 })).toThrow("the cooldown of task task is 0: give 1ms to 24d");
    expect(define({ cooldown: 25 * 86_400_000 })).toThrow(RangeError);
  });
});
