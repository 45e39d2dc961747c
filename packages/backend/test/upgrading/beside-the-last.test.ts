import { defineTask, Docket } from "@plyr/docket";
import { until } from "@plyr/dev";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Serving } from "../promise/serving.js";
import { likeReply, setStage, type Stage } from "../promise/stage.js";
import { unpackLastRelease, type LastRelease } from "./last-release.js";

let stage: Stage;
let release: LastRelease;
beforeAll(async () => {
  release = unpackLastRelease();
  stage = await setStage({ tracks: 24 });
}, 90_000);
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  release[Symbol.dispose]();
});

const of = (program: "this" | "last", role: "api" | "worker"): Promise<Serving> =>
  stage.serve(role, stage.redis.url, {}, program === "last" ? release.entry : undefined);

test("through a deploy, one process at a time and in a burst of work, nothing is lost, run twice or out of order", async () => {
  const oldApi = await of("last", "api");
  const oldWorker = await of("last", "worker");
  let visitor = await stage.signIn(oldApi);
  const like = (at: number) => visitor.post(`/tracks/${String(stage.tracks[at]?.id)}/like`);
  const unlike = (at: number) => visitor.delete(`/tracks/${String(stage.tracks[at]?.id)}/like`);

  // The old API takes what the new worker will carry out, and the other way round.
  for (let at = 0; at < 8; at += 1) await like(at);
  const newWorker = await of("this", "worker");
  for (let at = 8; at < 16; at += 1) await like(at);
  await unlike(0);
  const newApi = await of("this", "api");
  visitor = await stage.signIn(newApi);
  for (let at = 16; at < 24; at += 1) await like(at);
  await unlike(1);
  await unlike(23);
  await like(1);
  await oldWorker.program.stop();
  await unlike(2);
  await oldApi.program.stop();
  await stage.agreed(visitor, { within: 60_000 });
  expect((await stage.likesOnPds()).length).toBe(21);
  for (const at of [0, 2, 23])
    expect(
      likeReply.parse((await visitor.get(`/tracks/${String(stage.tracks[at]?.id)}/like`)).json()).liked,
    ).toBe(false);
  await Promise.all([newWorker.program.stop(), newApi.program.stop()]);
}, 180_000);

test("a worker of the last release leaves alone what it doesn't know; the task waits for one that does", async () => {
  const ran: string[] = [];
  const future = defineTask<undefined>()({
    name: "test.future",
    payload: z.string(),
    run: (text) => Promise.resolve(ran.push(text)),
  });
  await using stack = new AsyncDisposableStack();
  const docket = await Docket.open({
    url: stage.redis.url,
    name: "plyr",
    tasks: [future],
    services: undefined,
  });
  stack.defer(() => docket.close());
  const old = await of("last", "worker");
  await docket.add(future, "from the future");
  const api = await of("last", "api");
  const visitor = await stage.signIn(api);
  // What it does know it goes on doing.
  await visitor.delete(`/tracks/${String(stage.tracks[5]?.id)}/like`);
  await stage.agreed(visitor, { within: 30_000 });
  // What is on the PDS is told to the queue a little later.
  await until("all else is settled", async () => (await docket.snapshot()).running === 0);
  expect((await docket.snapshot()).tasks).toMatchObject({ "test.future": 1 });
  const worker = docket.worker({ concurrency: 1 });
  await worker.start();
  await until("it has run", () => ran.length === 1);
  await worker.stop();
  await Promise.all([old.program.stop(), api.program.stop()]);
}, 120_000);
