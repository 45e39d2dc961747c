import { expect, test } from "vitest";
import { startBlackhole } from "./blackhole.js";
import { likeReply, setStage } from "./stage.js";

test("an API killed between the commit and the add: the like is on the PDS once the service is back (incident 7)", async () => {
  await using stage = await setStage({ tracks: 2 });
  await using nowhere = await startBlackhole();
  const [kept, undone] = stage.tracks;
  if (kept === undefined || undone === undefined) throw new Error("two tracks were set up");

  // Its adds leave, and reach no Redis: for the engine, the process dies right after the commit.
  const api = await stage.serve("api", `redis://127.0.0.1:${String(nowhere.port)}`);
  const visitor = await stage.signIn(api);
  const held = stage.gate.holdRequest(() => true);
  const liked = likeReply.parse((await visitor.post(`/tracks/${String(kept.id)}/like`)).json());
  await visitor.post(`/tracks/${String(undone.id)}/like`);
  await visitor.delete(`/tracks/${String(undone.id)}/like`);
  expect(liked.liked).toBe(true);
  await api.program.kill();
  // What it may have begun in process, it did not finish either.
  void held.then((request) => {
    request.drop();
  });
  stage.gate.clear();
  expect(await stage.likesOnPds()).toEqual([]);

  const back = await stage.serve("api");
  await stage.serve("worker");
  const took = await stage.agreed(await stage.signIn(back), { within: 120_000 });
  console.info(`after the API was killed: database and PDS agree after ${(took / 1000).toFixed(1)} s`);
  expect((await stage.likesOnPds()).map(({ uri }) => uri)).toEqual([liked.write?.uri]);
}, 180_000);

test("the same with DOCKET_URL and DATABASE_URL unset: what was accepted before the kill is finished after it", async () => {
  await using stage = await setStage({ embedded: true });
  const [track] = stage.tracks;
  if (track === undefined) throw new Error("a track was set up");
  const first = await stage.serve("all", null);
  const visitor = await stage.signIn(first);
  const held = stage.gate.holdRequest((request) => request.path.endsWith("putRecord"));
  const liked = likeReply.parse((await visitor.post(`/tracks/${String(track.id)}/like`)).json());
  const request = await held;
  await first.program.kill();
  request.drop();
  expect(await stage.likesOnPds()).toEqual([]);

  const second = await stage.serve("all", null);
  await stage.agreed(await stage.signIn(second), { within: 120_000 });
  expect((await stage.likesOnPds()).map(({ uri }) => uri)).toEqual([liked.write?.uri]);
}, 180_000);
