import { freePort, nameOtherPds, until, xrpc } from "@plyr/dev";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { setStage, type Stage } from "../tracks/stage.js";
import { makeAudio } from "../tracks/audio.js";

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const like = z.object({
  liked: z.boolean(),
  write: z.object({ state: z.string(), reason: z.string().nullable() }).nullable(),
});
const me = z.object({ needsSignIn: z.object({ reason: z.string() }).nullable(), waiting: z.number() });
const put = xrpc("com.atproto.repo.putRecord");

test("when an account has moved, nothing more goes to the old PDS: it waits for the sign-in at the new one, and goes on there", async () => {
  const { listener, artist, gate, pds } = stage;
  const trackIds: number[] = [];
  for (const title of ["One", "Two", "Three"]) {
    const { trackId, uploadId } = await stage.upload(artist, await makeAudio("mp3", 1), { title });
    await stage.reaches(artist, uploadId, "done");
    trackIds.push(trackId);
  }
  const path = (index: number): string => `/tracks/${String(trackIds[index])}/like`;
  const stateOf = async (index: number) => like.parse((await listener.browser.get(path(index))).json()).write;
  await listener.browser.post(path(0));
  await until("the first is there", async () => (await stateOf(0))?.state === "confirmed");

  const port = await freePort();
  await nameOtherPds(pds, listener.account.did, `http://localhost:${String(port)}`);
  // The PDS that they have left refuses, and that makes us ask where they are.
  const refusing = gate.answer(put, { status: 400, body: { error: "AccountDeactivated" } }, { times: 1 });
  await listener.browser.post(path(1));
  await until("it was refused", () => refusing.caught === 1);
  const puts = gate.answered(put);
  await listener.browser.post(path(2));
  const reason = `Your account has moved to localhost:${String(port)}: sign in there, and it goes on.`;
  await until("it says where to sign in", async () => (await stateOf(2))?.reason === reason);
  expect((await stateOf(2))?.state).toBe("needs-sign-in");
  // Two likes, and the list of what is liked.
  const told = { needsSignIn: { reason }, waiting: 3 };
  expect(me.parse((await listener.browser.get("/me")).json())).toEqual(told);
  expect(gate.answered(put)).toBe(puts);

  // Nobody answers at the new one yet; that it is asked shows that we know of it. Nor do we keep that.
  const early = await listener.browser.get(`/auth/start?handle=${listener.account.handle}`);
  expect([early.status, early.json()]).toMatchObject([502, { error: { code: "unreachable" } }]);
  await nameOtherPds(pds, listener.account.did, pds.url);
  await listener.browser.signIn(listener.account);
  for (const index of [1, 2]) {
    await until("it is written", async () => (await stateOf(index))?.state === "confirmed", {
      within: 20_000,
    });
  }
}, 90_000);
