import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, inject, test } from "vitest";
import { Desk, type StoreKind } from "../desk.js";
import { Drive } from "./drive.js";
import { asking, sleeping, type Step } from "./steps.js";

const seed = Number(process.env["MODEL_SEED"] ?? Date.now() % 1_000_000_000);
const numRuns = Number(process.env["MODEL_RUNS"] ?? 40);

describe.each<StoreKind>(["memory", "redis"])("the model and a store (%s)", (kind) => {
  let redis: Redis | undefined;
  beforeAll(() => {
    if (kind === "redis") redis = new Redis(inject("redisUrl"));
  });
  afterAll(() => redis?.quit());

  const timeout = 24 * 3_600_000;
  test(`agree after each step of any script (MODEL_SEED=${String(seed)})`, { timeout }, async () => {
    const property = fc.asyncProperty(asking, (steps) => agree(steps, kind, redis));
    await fc.assert(property, { seed, numRuns });
  });

  test(`agree while workers sleep (MODEL_SEED=${String(seed)})`, { timeout }, async () => {
    const property = fc.asyncProperty(sleeping, (steps) => agree(steps, kind, redis, true));
    await fc.assert(property, { seed, numRuns });
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
