import { expect } from "vitest";
import { z } from "zod";
import { defineTask, type Task } from "../../src/index.js";
import { onBothStores, test } from "../stage.js";
import { until } from "../until.js";

const letter = z.object({ to: z.string(), text: z.string() });

function posting(sent: string[]): Task<z.infer<typeof letter>, undefined> {
  return defineTask<undefined>()({
    name: "post",
    payload: letter,
    group: ({ to }) => to,
    run: ({ to, text }) => Promise.resolve(sent.push(`${to}: ${text}`)),
  });
}

onBothStores("a group", () => {
  test("can be paused until a time: its tasks wait, those of others go on", async ({ stage }) => {
    const sent: string[] = [];
    const post = posting(sent);
    const docket = await stage.open([post]);
    await docket.add(post, { to: "ann", text: "1" });
    await docket.pause("ann", "10m", "she is away");
    await docket.add(post, { to: "ann", text: "2" });
    await docket.add(post, { to: "bob", text: "3" });
    await stage.run(docket);
    expect(sent).toEqual(["bob: 3"]);
    expect(await docket.paused()).toEqual([
      { group: "ann", until: new Date(stage.clock.now() + 600_000), reason: "she is away" },
    ]);
    expect(await docket.snapshot()).toMatchObject({ held: 2, nextAt: stage.clock.now() + 600_000 });
    stage.clock.advance("10m");
    await stage.run(docket);
    expect(sent).toEqual(["bob: 3", "ann: 1", "ann: 2"]);
  });

  test("can be resumed before the time, many at once, by whoever sees that it is over", async ({ stage }) => {
    const sent: string[] = [];
    const post = posting(sent);
    const docket = await stage.open([post]);
    await docket.pause(["ann", "bob"], new Date(stage.clock.now() + 60_000), "away");
    await stage.worker(docket).start();
    for (const to of ["ann", "bob"]) await docket.add(post, { to, text: "hello" });
    expect(sent).toEqual([]);
    expect(await docket.resume(["ann", "bob", "cecil"])).toBe(2);
    await until("both were sent", () => sent.length === 2);
    expect(await docket.paused()).toEqual([]);
  });

  test("that is paused goes on by itself when the time has come", async ({ stage }) => {
    const sent: string[] = [];
    const post = posting(sent);
    const docket = await stage.open([post]);
    await stage.worker(docket).start();
    await docket.pause("ann", "1h", "away");
    await docket.add(post, { to: "ann", text: "late" });
    stage.clock.advance("1h");
    await until("it was sent", () => sent.length === 1);
  });

  test("is paused only with a name, a time and a reason that can be kept", async ({ stage }) => {
    const docket = await stage.open([posting([])]);
    for (const [group, until, reason] of [
      ["", "1m", "why"],
      ["x".repeat(501), "1m", "why"],
      ["g", new Date(NaN), "why"],
      ["g", -1, "why"],
      ["g", "1m", "x".repeat(1_001)],
    ] as const)
      await expect(docket.pause(group, until, reason)).rejects.toThrow(RangeError);
    expect(await docket.paused()).toEqual([]);
  });
});
