import { until, xrpc } from "@plyr/dev";
import { expect, test } from "vitest";
import { z } from "zod";
import { likeReply, setStage } from "./stage.js";

const applied = xrpc("com.atproto.repo.applyWrites");
const batch = z.object({ writes: z.array(z.object({ rkey: z.string() })) });

test("a worker killed in the middle of a batch, before and after the PDS has applied it: each like is there once", async () => {
  await using stage = await setStage({ tracks: 40 });
  const { gate, tracks } = stage;
  const visitor = await stage.signIn(await stage.serve("api"));
  for (const { id } of tracks) {
    likeReply.parse((await visitor.post(`/tracks/${String(id)}/like`)).json());
  }
  // As after an outage: all of them wait, and no worker was there.
  const standing = gate.holdAnswer(applied);
  let worker = await stage.serve("worker");
  const held = await standing;
  // A process's first call is answered with a nonce, and made again.
  const answer = held.status === 200 ? held : (held.release(), await gate.holdAnswer(applied));
  expect(answer.status).toBe(200);
  const first = batch.parse(JSON.parse(answer.request.body)).writes.length;
  await worker.program.kill();
  answer.drop();
  worker = await stage.serve("worker");
  const took = await stage.agreed(visitor, { within: 120_000 });
  console.info(
    `${String(first)} likes in a batch whose worker was killed: all agree after ${(took / 1000).toFixed(1)} s`,
  );
  await until("nothing is owed", async () => {
    const open = await stage.db?.selectFrom("intents").select("id").where("state", "=", "open").execute();
    return open?.length === 0;
  });
  const written = gate.passages
    .filter(({ request, targetStatus }) => applied(request) && targetStatus === 200)
    .flatMap(({ request }) => batch.parse(JSON.parse(request.body)).writes.map(({ rkey }) => rkey));
  expect(new Set(written).size).toBe(written.length);
}, 180_000);
