import { expect } from "vitest";
import { z } from "zod";
import { defineTask, exponential, InvalidPayload } from "../../src/index.js";
import { signal } from "../signal.js";
import { onBothStores, test } from "../stage.js";

onBothStores("a key", () => {
  test("makes adding idempotent while its task lives; find tells what became of it", async ({ stage }) => {
    const seen: string[] = [];
    const note = defineTask<undefined>()({
      name: "note",
      payload: z.string(),
      run: (text) => Promise.resolve(seen.push(text)),
    });
    const docket = await stage.open([note]);
    const first = await docket.add(note, "first", { key: "k" });
    expect(await docket.add(note, "second", { key: "k" })).toEqual({ id: first.id, added: false });
    expect(await docket.find(["k", "other"])).toEqual(
      new Map([
        ["k", { state: "waiting", id: first.id, reason: undefined }],
        ["other", { state: "unknown", id: undefined, reason: undefined }],
      ]),
    );
    await stage.run(docket);
    expect((await docket.find(["k"])).get("k")).toMatchObject({ state: "unknown" });
    expect(await docket.add(note, "third", { key: "k" })).toMatchObject({ added: true });
    await stage.run(docket);
    expect(seen).toEqual(["first", "third"]);
  });

  test("a task that is running holds its key; the run's own add of it is refused", async ({ stage }) => {
    const added: boolean[] = [];
    const again = defineTask<{ again: () => Promise<{ added: boolean }> }>()({
      name: "again",
      payload: z.null(),
      run: async (_payload, { services }) => added.push((await services.again()).added),
    });
    const services = { again: (): Promise<{ added: boolean }> => docket.add(again, null, { key: "k" }) };
    const docket = await stage.openWith(services, [again]);
    await docket.add(again, null, { key: "k" });
    await stage.worker(docket).runUntilIdle();
    expect(added).toEqual([false]);
  });
});

onBothStores("replacing the task of a key", () => {
  test("gives what waits another payload and time; the handles to it stay good", async ({ stage }) => {
    const seen: string[] = [];
    const note = defineTask<undefined>()({
      name: "note",
      payload: z.string().max(9),
      run: (text) => Promise.resolve(seen.push(text)),
    });
    const docket = await stage.open([note]);
    const first = await docket.replace(note, "first", { key: "k", delay: "10s" });
    expect(first.added).toBe(true);
    expect(await docket.replace(note, "second", { key: "k", delay: "1m" })).toEqual({
      ...first,
      added: false,
    });
    await expect(docket.replace(note, "far too long", { key: "k" })).rejects.toBeInstanceOf(InvalidPayload);
    await expect(docket.replace(note, "no key", { key: "" })).rejects.toBeInstanceOf(RangeError);
    stage.clock.advance("59s");
    await stage.run(docket);
    expect(seen).toEqual([]);
    stage.clock.advance("1s");
    await stage.run(docket);
    expect(seen).toEqual(["second"]);
    await docket.replace(note, "third", { key: "k", delay: "1m" });
    await docket.cancel((await docket.replace(note, "fourth", { key: "k" })).id);
    await stage.run(docket);
    expect(seen).toEqual(["second"]);
  });

  test("has the replacement of one that runs come after it, and that one not tried again", async ({
    stage,
  }) => {
    const trail: string[] = [];
    const began = signal();
    const finish = signal();
    const write = defineTask<undefined>()({
      name: "write",
      payload: z.string(),
      retry: exponential({ attempts: 3, min: "1s", max: "1s" }),
      run: async (text, { id, attempt, signal: aborted }) => {
        trail.push(`${text} ${String(attempt)}`);
        if (text !== "old") return id;
        began.resolve();
        await finish.promise;
        throw new Error(aborted.aborted ? "aborted" : "fails");
      },
    });
    const docket = await stage.open([write]);
    const old = await docket.add(write, "old", { key: "k" });
    const working = stage.worker(docket).runUntilIdle();
    await began.promise;
    const fresh = await docket.replace(write, "new", { key: "k" });
    expect(fresh).toMatchObject({ added: true });
    expect(fresh.id).not.toBe(old.id);
    expect(trail).toEqual(["old 1"]);
    finish.resolve();
    await working;
    stage.clock.advance("1h");
    await stage.run(docket);
    expect(trail).toEqual(["old 1", "new 1"]);
  });
});

onBothStores("a serial key", () => {
  test("has the tasks of one subject run one at a time, in the order added, whatever the concurrency", async ({
    stage,
  }) => {
    const trail: string[] = [];
    let together = 0;
    const meeting = signal();
    const write = defineTask<undefined>()({
      name: "write",
      payload: z.object({ record: z.string(), version: z.number() }),
      serial: ({ record }) => `record:${record}`,
      run: async ({ record, version }) => {
        trail.push(`${record}${String(version)}`);
        // The two records' first versions run together.
        if (version === 1 && ++together === 2) meeting.resolve();
        await meeting.promise;
        trail.push(`${record}${String(version)} done`);
      },
    });
    const docket = await stage.open([write]);
    const versions = [1, 2, 3].flatMap((version) => [
      { record: "a", version },
      { record: "b", version },
    ]);
    await docket.addMany(write, versions);
    await stage.run(docket, { concurrency: 10 });
    for (const record of ["a", "b"]) {
      const order = [1, 2, 3].flatMap((version) => [
        `${record}${String(version)}`,
        `${record}${String(version)} done`,
      ]);
      expect(trail.filter((step) => step.startsWith(record))).toEqual(order);
    }
  });

  test("is held while its task fails and is tried again", async ({ stage }) => {
    const trail: string[] = [];
    const write = defineTask<undefined>()({
      name: "write",
      payload: z.string(),
      serial: () => "same",
      retry: { attempts: 2, delay: () => 60_000 },
      run: (what, { attempt }) => {
        trail.push(`${what} ${String(attempt)}`);
        return what === "like" && attempt === 1
          ? Promise.reject(new Error("the PDS is slow"))
          : Promise.resolve();
      },
    });
    const docket = await stage.open([write]);
    await docket.addMany(write, ["like", "unlike"]);
    await stage.run(docket);
    expect(trail).toEqual(["like 1"]);
    stage.clock.advance("60s");
    await stage.run(docket);
    expect(trail).toEqual(["like 1", "like 2", "unlike 1"]);
  });

  test("tasks that fall due in the same millisecond keep the order in which they were added", async ({
    stage,
  }) => {
    const seen: number[] = [];
    const note = defineTask<undefined>()({
      name: "note",
      payload: z.number(),
      serial: () => "same",
      run: (n) => Promise.resolve(seen.push(n)),
    });
    const docket = await stage.open([note]);
    const numbers = Array.from({ length: 80 }, (_, at) => at);
    await docket.addMany(note, numbers, { delay: "1m" });
    stage.clock.advance("1m");
    await stage.run(docket);
    expect(seen).toEqual(numbers);
  });
});
