import { AtpAgent } from "@atproto/api";
import { until, xrpc, type Match } from "@plyr/dev";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { makeAudio } from "../tracks/audio.js";
import { collections, setStage, type Person, type Stage } from "../tracks/stage.js";
import { tablesWith } from "./everything.js";

/** Writes to this person's repository. */
const writesOf =
  ({ account }: Person): Match =>
  (request) =>
    ["putRecord", "deleteRecord"].some((name) => xrpc(`com.atproto.repo.${name}`)(request)) &&
    request.body.includes(account.did);

const departed = z.object({ departure: z.object({ ticket: z.uuid() }) });
const status = z.object({
  departure: z.object({
    records: z.string(),
    left: z.int(),
    needsSignIn: z.boolean(),
    note: z.string().nullable(),
  }),
});

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
}, 60_000);

afterAll(() => stage[Symbol.asyncDispose]());

async function leaves({ browser, account }: Person, records: "keep" | "remove"): Promise<string> {
  const answer = await browser.send("DELETE", "/me", { body: { confirm: account.handle, records } });
  expect(answer.status).toBe(202);
  return departed.parse(answer.json()).departure.ticket;
}

const statusOf = async (ticket: string) => stage.listener.browser.get(`/departures/${ticket}`);
const departureOf = async (ticket: string) => status.parse((await statusOf(ticket)).json()).departure;

const isDone = (ticket: string) =>
  until("the account is gone", async () => (await statusOf(ticket)).status === 404, { within: 30_000 });

const { track, like, comment, list } = collections;
const ALL = [track, like, comment, list];

/** A person's records in these collections, as their PDS gives them to anybody. */
async function recordsOf({ account }: Person, kinds = ALL): Promise<string[]> {
  const past = new AtpAgent({ service: stage.pds.listenUrl });
  const found: string[] = [];
  for (const collection of kinds) {
    const { data } = await past.com.atproto.repo.listRecords({ repo: account.did, collection, limit: 100 });
    found.push(...data.records.map(({ uri }) => uri));
  }
  return found;
}

const nothingWaits = (person: Person) =>
  until(
    "nothing waits",
    async () => (await person.browser.get("/me/waiting")).text.startsWith('{"count":0,'),
    { within: 20_000 },
  );

const says = (person: Person, trackId: number, text: string) =>
  person.browser.post(`/tracks/${String(trackId)}/comments`, { body: { text, timestamp_ms: 0 } });
/** The lists of others that named them are written anew a little later. */
const isForgotten = ({ account: { did, handle } }: Person) =>
  until("no table names them", async () => {
    const found = await tablesWith(stage.db, [did, handle]);
    if (found.length > 0) throw new Error(found.join("; "));
    return true;
  });

const likes = (person: Person, trackId: number) => person.browser.post(`/tracks/${String(trackId)}/like`);

/** Somebody with a track, likes, comments, a token, and others who like and comment on the track. */
async function somebody(name: string): Promise<Person & { trackId: number }> {
  const person = await stage.enter(name);
  const { trackId } = await stage.upload(person, await makeAudio("mp3", 2), { title: `By ${name}` });
  await likes(person, trackId);
  await says(person, trackId, "my own");
  await likes(stage.listener, trackId);
  await says(stage.listener, trackId, "lovely");
  await person.browser.post("/me/tokens", { body: { name: "script" } });
  await person.browser.post("/albums/", { body: { title: `Best of ${name}` } });
  await until(
    "their track, like, comment, album and list of likes are on their PDS",
    async () => (await recordsOf(person)).length === 5,
  );
  await nothingWaits(person);
  await nothingWaits(stage.listener);
  return { ...person, trackId };
}

test("with their records removed, nothing of a person is left: on their PDS, in any table, in the storage", async () => {
  const leaver = await somebody("anna");
  expect(await stage.stored()).toHaveLength(1);
  expect(await recordsOf(stage.listener, [like, comment])).toHaveLength(2);

  await leaver.browser.post("/exports/media");
  const ticket = await leaves(leaver, "remove");
  expect(leaver.browser.cookie("plyr_session")).toBeUndefined();
  await isDone(ticket);
  expect(await recordsOf(leaver)).toEqual([]);
  expect(await stage.stored()).toEqual([]);
  // What others said of the track goes with it, as with any track that is deleted.
  await nothingWaits(stage.listener);
  expect(await recordsOf(stage.listener, [like, comment])).toEqual([]);
  await isForgotten(leaver);
  expect((await stage.listener.browser.get("/me")).status).toBe(200);
  expect(stage.gate.answered(({ path }) => path === "/oauth/revoke")).toBeGreaterThan(0);
}, 60_000);

test("so many records of theirs that they go together are removed as well", async () => {
  const leaver = await stage.enter("many");
  const { trackId } = await stage.upload(leaver, await makeAudio("mp3", 2), { title: "Much to say of" });
  for (let number = 0; number < 12; number += 1) await says(leaver, trackId, `number ${String(number)}`);
  await nothingWaits(leaver);
  expect(await recordsOf(leaver, [comment])).toHaveLength(12);
  await isDone(await leaves(leaver, "remove"));
  expect(await recordsOf(leaver)).toEqual([]);
  await isForgotten(leaver);
}, 60_000);

test("with their records kept, they stay as they are, and nothing else is left", async () => {
  const leaver = await somebody("bert");
  const before = await recordsOf(leaver);
  await leaver.browser.post("/exports/media");
  await until("the archive is made", async () =>
    (await leaver.browser.get("/exports")).text.includes('"status":"done"'),
  );
  expect(await stage.stored()).toHaveLength(2);
  await isDone(await leaves(leaver, "keep"));
  expect(await recordsOf(leaver)).toEqual(before);
  expect(await stage.stored()).toEqual([]);
  await isForgotten(leaver);

  // Whoever comes back begins anew.
  await leaver.browser.signIn(leaver.account);
  expect((await leaver.browser.get("/me")).json()).toMatchObject({ waiting: 0, needsSignIn: null });
  expect((await leaver.browser.get("/me/tokens")).json()).toEqual({ tokens: [] });
  await isDone(await leaves(leaver, "keep"));
}, 60_000);

test("an account that is being deleted takes nothing in, asks for a sign-in when it must, and goes on with it", async () => {
  const leaver = await somebody("carl");
  const cookie = `plyr_session=${leaver.browser.cookie("plyr_session") ?? ""}`;
  const token = z
    .object({ token: z.string() })
    .parse((await leaver.browser.post("/me/tokens", { body: { name: "old" } })).json()).token;
  stage.gate.answer(writesOf(leaver), { status: 401, body: { error: "InvalidToken", message: "no longer" } });
  const ticket = await leaves(leaver, "remove");
  await until("it needs a sign-in, and says why", async () => {
    const { needsSignIn, note, left } = await departureOf(ticket);
    return needsSignIn && left > 0 && note?.includes("Sign in again") === true && note.includes("14 days");
  });
  expect((await stage.listener.browser.get("/me", { headers: { cookie } })).status).toBe(401);
  const asProgram = await fetch(`${stage.service.url}/me`, { headers: { authorization: `Bearer ${token}` } });
  expect(asProgram.status).toBe(401);

  stage.gate.clear();
  const back = await leaver.browser.signIn(leaver.account);
  expect([back.status, back.headers.location]).toEqual([302, "/?signInError=being_deleted"]);
  expect((await leaver.browser.get("/me")).status).toBe(401);
  await isDone(ticket);
  expect(await recordsOf(leaver)).toEqual([]);
  await nothingWaits(stage.listener);
  await isForgotten(leaver);
}, 90_000);

test("after 14 days what can't be removed stays on the PDS, and the account goes all the same", async () => {
  const leaver = await somebody("dora");
  stage.gate.answer(writesOf(leaver), { status: 401, body: { error: "InvalidToken", message: "no longer" } });
  const ticket = await leaves(leaver, "remove");
  await until("it waits", async () => (await departureOf(ticket)).needsSignIn);
  await stage.db
    .updateTable("departures")
    .set({ created_at: new Date(Date.now() - 15 * 86_400_000) })
    .where("ticket", "=", ticket)
    .execute();
  await isDone(ticket);
  stage.gate.clear();
  expect(await recordsOf(leaver)).toHaveLength(5);
  await nothingWaits(stage.listener);
  await isForgotten(leaver);
}, 60_000);

test.each([
  [{}, "confirm"],
  [{ confirm: "listener.test" }, "records"],
  [{ confirm: "artist.test", records: "keep" }, "confirm"],
  [{ confirm: "", records: "keep" }, "confirm"],
  [{ confirm: "listener.test", records: "all" }, "records"],
  [{ confirm: "listener.test", records: "keep", now: true }, "now"],
])("%j deletes nothing, and %s is named", async (body, field) => {
  const answer = await stage.listener.browser.send("DELETE", "/me", { body });
  expect([answer.status, answer.json()]).toMatchObject([422, { error: { code: "malformed", field } }]);
  expect((await stage.listener.browser.get("/me")).status).toBe(200);
});

test("a ticket that nobody has shows nothing", async () => {
  for (const ticket of ["nothing", "00000000-0000-4000-8000-000000000000"]) {
    const answer = await statusOf(ticket);
    expect([answer.status, answer.json()]).toMatchObject([404, { error: { code: "unknown_departure" } }]);
  }
});
