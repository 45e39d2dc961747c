import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, inject, test } from "vitest";
import { Desk, type StoreKind } from "../desk.js";
import { Drive } from "./drive.js";
import { asking, gathering, gatheringAsleep, holding, sleeping, type Step } from "./steps.js";

const seed = Number(process.env["MODEL_SEED"] ?? Date.now() % 1_000_000_000);
const numRuns = Number(process.env["MODEL_RUNS"] ?? 60);

describe(`with MODEL_SEED=${String(seed)}`, () => {
  describe.each<StoreKind>(["memory", "redis"])("a store goes as the model does (%s)", (kind) => {
    let redis: Redis | undefined;
    beforeAll(async () => {
      if (kind === "memory") return;
      redis = new Redis(inject("redisUrl"));
      await redis.ping(); // it stands before the first test
    });
    afterAll(() => redis?.quit());

    const timeout = 60_000 + numRuns * 1_000;
    const settings = { seed, numRuns };
    // Their scripts are twice as long.
    const ofBatches = { seed, numRuns: Math.ceil(numRuns / 2) };

    test("whatever programs, workers, operators and time do next", { timeout }, async () => {
      await fc.assert(
        fc.asyncProperty(asking, (steps) => agree(steps, kind, redis)),
        settings,
      );
    });

    test("where much keeps tasks from starting", { timeout }, async () => {
      await fc.assert(
        fc.asyncProperty(holding, (steps) => agree(steps, kind, redis)),
        settings,
      );
    });

    test("where tasks are to run together", { timeout }, async () => {
      await fc.assert(
        fc.asyncProperty(gathering, (steps) => agree(steps, kind, redis)),
        ofBatches,
      );
    });

    test("where they are to, while workers sleep", { timeout }, async () => {
      await fc.assert(
        fc.asyncProperty(gatheringAsleep, (steps) => agree(steps, kind, redis, true)),
        ofBatches,
      );
    });

    test("while workers sleep", { timeout }, async () => {
      await fc.assert(
        fc.asyncProperty(sleeping, (steps) => agree(steps, kind, redis, true)),
        settings,
      );
    });
  });
});

async function agree(
  steps: readonly Step[],
  kind: StoreKind,
  redis: Redis | undefined,
  asleep = false,
): Promise<void> {
  const desk = new Desk(kind, inject("redisUrl"));
  const drive = new Drive(desk, asleep, redis);
  try {
    await drive.go(steps);
    await desk.close(true);
  } catch (error) {
    await desk.close(false);
    throw new Error(`it went its own way, by this script:\n${drive.told}`, { cause: error });
  }
}
