import { expect } from "vitest";
import { z } from "zod";
import { defineTask, type Docket, type Task } from "../../src/index.js";
import { signal } from "../signal.js";
import { onBothStores, test, type Stage } from "../stage.js";
import { until } from "../until.js";

type Work = "tiny" | "slow" | "next";

interface Scene {
  docket: Docket<undefined>;
  runs: string[];
  slowEnds: () => void;
  next: string;
}

/** Enough that no hiccup of the machine makes tiny tasks look too long to claim any ahead. */
const SLOTS = 20;

/** A worker that tiny tasks have taught to claim ahead, all slots in slow ones; the next task lies ahead, or did so. */
async function inASlowTask(stage: Stage): Promise<Scene> {
  const runs: string[] = [];
  const [began, finish] = [signal(), signal()];
  let slow = 0;
  const work: Task<Work, undefined> = defineTask<undefined>()({
    name: "work",
    payload: z.enum(["tiny", "slow", "next"]),
    run: async (what, { attempt, delivery }) => {
      if (what === "next") runs.push(`next ${String(attempt)}/${String(delivery)}`);
      if (what !== "slow") return;
      slow += 1;
      if (slow === SLOTS) began.resolve();
      await finish.promise;
    },
  });
  const docket = await stage.open([work]);
  await docket.addMany(work, Array<Work>(1_000).fill("tiny"));
  await docket.addMany(work, Array<Work>(SLOTS).fill("slow"));
  const { id } = await docket.add(work, "next", { key: "next" });
  await stage.worker(docket, { concurrency: SLOTS }).start();
  await began.promise;
  // It lies there for 50 ms only: whoever looks too late to see it has waited long enough.
  const since = performance.now();
  const ahead = async (): Promise<boolean> => (await docket.find(["next"])).get("next")?.state === "running";
  await until("it was claimed", async () => (await ahead()) || performance.now() - since > 500);
  return { docket, runs, slowEnds: finish.resolve, next: id };
}

onBothStores("a task that was claimed ahead", () => {
  test("is handed back when its turn doesn't come soon, and runs elsewhere with nothing counted", async ({
    stage,
  }) => {
    const { docket, runs, slowEnds } = await inASlowTask(stage);
    await until("it is handed back", async () => (await docket.snapshot()).waiting === 1);
    await stage.worker(docket, { concurrency: 1 }).start();
    // Its second delivery is the proof that it had been claimed before.
    await until("it has run", () => runs.includes("next 1/2"));
    expect((await docket.snapshot()).counts["recovered"]).toBeUndefined();
    slowEnds();
  });

  test("never runs when it is cancelled", async ({ stage }) => {
    const { docket, runs, slowEnds, next } = await inASlowTask(stage);
    await docket.cancel(next);
    await until("it is gone", async () => (await docket.find(["next"])).get("next")?.state === "unknown");
    slowEnds();
    await stage.run(docket);
    expect(runs).toEqual([]);
  });

  test("goes back when its worker stops, which lets the slow one finish", async ({ stage }) => {
    const { docket, runs, slowEnds } = await inASlowTask(stage);
    const stopped = stage.stopAll("20s");
    await until("it is handed back", async () => (await docket.snapshot()).waiting === 1);
    slowEnds();
    await stopped;
    expect(runs).toEqual([]);
    expect(await docket.snapshot()).toMatchObject({ waiting: 1, running: 0 });
  });
});
