import { startRedis, until, Visitor, type Program, type Redis } from "@plyr/dev";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { alert } from "../../src/alerts/alerts.js";
import { auditing } from "../audit/auditing.js";
import { makeAudio } from "../tracks/audio.js";
import { setStage, type Stage } from "../tracks/stage.js";
import { operating, type Operating } from "./operating.js";

let redis: Redis;
let stage: Stage;
let operator: Operating;

beforeAll(async () => {
  redis = await startRedis();
  stage = await setStage("folder", { DOCKET_URL: redis.url }, "api");
  // In life 125 s: a worker that was killed is missed after that and at most 15 s more.
  operator = operating(stage, redis, { DOCKET_WORKER_SLEEP: "2s" });
}, 90_000);
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await redis.close();
});

const health = z.object({
  warnings: z.array(z.string()),
  docket: z.object({ workers: z.int(), lastWorkerAt: z.iso.datetime().optional() }),
});

function listed({ stdout }: { stdout: string }) {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => alert.parse(JSON.parse(line)));
}

test("workers that are all killed are missed in status and health; what is accepted meanwhile is done when one comes back", async () => {
  const workers: Program[] = [await operator.worker(), await operator.worker()];
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => {
    await Promise.all(workers.map((worker) => worker.close()));
  });
  const ours = auditing(stage, redis.url, await makeAudio("mp3", 1));
  const trackId = await ours.track("Liked while nobody works");
  expect((await operator.status()).workers).toHaveLength(2);
  expect((await operator.plyr("status")).code).toBe(0);

  await Promise.all(workers.map((worker) => worker.kill()));
  const killed = performance.now();
  const { browser } = stage.listener;
  await browser.post(`/tracks/${String(trackId)}/like`);
  const said = await until(
    "health misses them",
    async () => {
      const answer = health.parse((await new Visitor(stage.service.url).get("/health")).json());
      return answer.docket.workers === 0 && answer;
    },
    { within: 30_000, every: 100 },
  );
  // What a worker held that ran counts as a sign of life until its lease ends, 10 s after.
  expect(performance.now() - killed).toBeLessThan(16_000);
  expect(said.warnings).toMatchObject([expect.stringMatching(/^No worker is alive/)]);
  expect(said.docket.lastWorkerAt).toBeDefined();
  const { code, stdout } = await operator.plyr("status");
  expect(code).toBe(1);
  expect(stdout).toMatch(/^No worker is alive: .* \(since 20.*Z\)$/m);
  const now = await operator.status();
  expect(now.workers).toEqual([]);
  expect(now.concerns[0]).toMatchObject({
    id: "no worker",
    severity: "error",
    since: said.docket.lastWorkerAt,
  });
  const alerts = async () => listed(await operator.plyr("alerts", "--json"));
  await until("it is told", async () => (await alerts()).length > 0, { within: 20_000 });
  expect(await alerts()).toMatchObject([{ concern: "no worker", severity: "error", recoveredAt: null }]);
  expect((await ours.likeOf(trackId)).write?.state).not.toBe("confirmed");

  workers.push(await operator.worker());
  await until(
    "the like is on the PDS",
    async () => (await ours.likeOf(trackId)).write?.state === "confirmed",
    {
      within: 30_000,
    },
  );
  expect((await operator.status()).concerns).toEqual([]);
  await until("that it has passed is told", async () => (await alerts())[0]?.recoveredAt !== null, {
    within: 30_000,
  });
  expect(await alerts()).toHaveLength(1);
  expect((await ours.audit()).findings).toEqual([]);
}, 90_000);
