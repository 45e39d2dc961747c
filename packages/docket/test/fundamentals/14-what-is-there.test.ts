import { expect, test as plain } from "vitest";
import { z } from "zod";
import { defineTask, exponential, InvalidPayload, Terminal, withoutIds } from "../../src/index.js";
import { onBothStores, test } from "../stage.js";

const payload = z.object({ to: z.string() });

onBothStores("a docket", () => {
  test("tells of each task what waits and what became of its runs, and which workers are there", async ({
    stage,
  }) => {
    const post = defineTask<undefined>()({
      name: "post",
      payload,
      retry: exponential({ attempts: 2, min: "1m", max: "1m" }),
      run: ({ to }) => (to === "nobody" ? Promise.reject(new Error("who?")) : Promise.resolve()),
    });
    const docket = await stage.open([post], { version: "1.2.3" });
    await docket.add(post, { to: "ann" });
    await docket.add(post, { to: "nobody" });
    await stage.run(docket);
    await docket.add(post, { to: "bob" });
    expect(await docket.tasks()).toMatchObject({
      tasks: [{ task: "post", waiting: 1, delayed: 1, ended: { done: 1, failed: 1, dead: 0 } }],
    });
    expect(await docket.workers()).toEqual([]);
    await stage.worker(docket).start();
    expect(await docket.workers()).toMatchObject([
      { tasks: ["post"], version: "1.2.3", pid: process.pid, seenAt: stage.clock.now() },
    ]);
    await expect(docket.tasks(16)).rejects.toThrow(RangeError);
  });

  test("lists dead letters by task and error, and groups them by what they died of", async ({ stage }) => {
    const post = defineTask<undefined>()({
      name: "post",
      payload,
      run: ({ to }) => Promise.reject(new Terminal(to === "x" ? "no such host" : `404 of did:plc:${to}`)),
    });
    const docket = await stage.open([post]);
    for (const to of ["abc1", "x", "def2"]) {
      await docket.add(post, { to });
      await stage.run(docket);
      stage.clock.advance("1s");
    }
    expect((await docket.deadLetters({ error: "404", limit: 1 })).map((letter) => letter.payload)).toEqual([
      { to: "def2" },
    ]);
    expect(await docket.deadLetters({ task: "other" })).toEqual([]);
    expect(await docket.deadGroups()).toMatchObject([
      { task: "post", error: "… of …", count: 2, newest: { payload: { to: "def2" } } },
      { task: "post", error: "no such host", count: 1 },
    ]);
  });

  test("is told with what no live worker knows: everything, while none is alive", async ({ stage }) => {
    const [known, rare] = ["known", "rare"].map((name) =>
      defineTask<undefined>()({ name, payload: z.null(), run: () => Promise.resolve() }),
    );
    if (known === undefined || rare === undefined) throw new Error("two were defined");
    const docket = await stage.open([known, rare]);
    await docket.add(known, null, { delay: "1h" });
    await docket.add(rare, null, { delay: "1h" });
    const { workers, unserved } = await docket.snapshot();
    expect([workers, unserved.toSorted()]).toEqual([[], ["known", "rare"]]);
    // A docket without a server has its store to itself.
    const ofWorker = stage.url === undefined ? docket : await stage.open([known]);
    const worker = stage.worker(ofWorker);
    await worker.start();
    expect((await docket.snapshot()).unserved).toEqual(ofWorker === docket ? [] : ["rare"]);
    await worker.stop();
    expect((await docket.snapshot()).unserved).toHaveLength(2);
  });

  test("replays a dead letter with a payload that was set right, if it fits", async ({ stage }) => {
    const sent: string[] = [];
    const post = defineTask<undefined>()({
      name: "post",
      payload,
      run: ({ to }) => {
        if (to === "nobody") return Promise.reject(new Terminal("who?"));
        return Promise.resolve(sent.push(to));
      },
    });
    const docket = await stage.open([post]);
    const { id } = await docket.add(post, { to: "nobody" });
    await stage.run(docket);
    await expect(docket.replay(id, { payload: { to: 7 } })).rejects.toThrow(InvalidPayload);
    expect(await docket.replay(id, { payload: { to: "ann" } })).toBe("replayed");
    expect(await docket.replay(id, { payload: { to: "ann" } })).toBe("unknown");
    await stage.run(docket);
    expect(sent).toEqual(["ann"]);
  });

  test("replays and discards many dead letters at once, by what they are and died of", async ({ stage }) => {
    const sent: string[] = [];
    const post = defineTask<undefined>()({
      name: "post",
      payload,
      run: ({ to }) =>
        to.startsWith("no")
          ? Promise.reject(new Terminal(`no such host: ${to}`))
          : Promise.resolve(sent.push(to)),
    });
    const docket = await stage.open([post]);
    for (const to of ["no-1", "no-2", "no-3", "nobody"]) {
      await docket.add(post, { to }, { key: to });
      await stage.run(docket);
      stage.clock.advance("1s");
    }
    const lately = new Date(stage.clock.now() - 1_000);
    await docket.add(post, { to: "fourth" }, { key: "no-2" });
    const hosts = { task: "post", error: "host: no-" };
    const fix = ({ payload: had }: { payload: unknown }): unknown =>
      JSON.stringify(had).includes("no-3")
        ? 7
        : { to: JSON.stringify(had).slice(7, -2).replace("no-", "yes-") };
    const { unfit, ...told } = await docket.replayMany({ ...hosts, before: lately }, fix);
    expect(told).toEqual({ replayed: 1, keyInUse: 1 });
    expect(unfit.map(({ reason }) => reason)).toEqual([expect.stringMatching(/^post: /)]);
    await stage.run(docket);
    expect(sent).toEqual(["fourth", "yes-1"]);
    expect(await docket.discardMany({ after: lately })).toBe(1);
    expect(await docket.replayMany({})).toEqual({ replayed: 2, keyInUse: 0, unfit: [] });
    await stage.run(docket);
    expect((await docket.deadLetters()).map((letter) => letter.key)).toEqual(["no-3", "no-2"]);
    expect(await docket.discardMany({ task: "other" })).toBe(0);
    expect(await docket.discardMany({})).toBe(2);
  });
});

plain("errors that differ in numbers and ids only are one", () => {
  const one = withoutIds(
    "PDS pds1.example.com answered 502 for did:plc:abc (0b55f1cc-12c2-4a8e-9a6a-96a1c5d8f5bb)",
  );
  const other = withoutIds(
    "PDS pds1.example.com answered 503 for did:web:x.y (9b55f1cc-12c2-4a8e-9a6a-96a1c5d8f5bb)",
  );
  expect(one).toBe(other);
  expect(one).toContain("answered … for");
});
