import { userInfo } from "node:os";
import { startRedis, until, type Redis } from "@plyr/dev";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { action } from "../../src/operator/actions.js";
import { aboutTrack } from "../../src/likes/like-state.js";
import { auditing, type Auditing } from "../audit/auditing.js";
import { makeAudio } from "../tracks/audio.js";
import { setStage, type Stage } from "../tracks/stage.js";
import { operating, type Operating } from "./operating.js";

let redis: Redis;
let stage: Stage;
let operator: Operating;
let ours: Auditing;

beforeAll(async () => {
  redis = await startRedis();
  stage = await setStage("folder", { DOCKET_URL: redis.url });
  operator = operating(stage, redis);
  ours = auditing(stage, redis.url, await makeAudio("mp3", 1));
}, 90_000);
afterEach(async () => {
  stage.gate.clear();
  for (const { task, where } of (await operator.status()).strikes)
    await operator.plyr("restore", task, ...wheres(where));
  await ours.quiet();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await redis.close();
});

function wheres(where: Record<string, unknown>): string[] {
  return Object.entries(where).flatMap(([field, value]) => ["--where", `${field}=${JSON.stringify(value)}`]);
}

const like = async (trackId: number): Promise<void> => {
  await stage.listener.browser.post(`/tracks/${String(trackId)}/like`);
};
const stateOf = async (trackId: number) => (await ours.likeOf(trackId)).write;
const says = (trackId: number, reason: string) =>
  until(
    `the like of ${String(trackId)} says ${reason}`,
    async () => (await stateOf(trackId))?.reason === reason,
  );

test("a strike of some payloads holds those, says so beside them, and lets others go; restored, all is done", async () => {
  const [struck, free] = [await ours.track("Struck"), await ours.track("Free")];
  const fields = ["--where", `did=${stage.listener.account.did}`, "--where", `about=${aboutTrack(struck)}`];
  const done = await operator.plyr(
    "strike",
    "pds.record.write",
    ...fields,
    "--because",
    "looked into",
    "--json",
  );
  expect(done.code).toBe(0);
  await like(struck);
  await ours.like(free);
  await says(struck, "Held by the operator: looked into");
  const { strikes, tasks } = await operator.status();
  expect(strikes).toMatchObject([{ task: "pds.record.write", because: "looked into" }]);
  expect(tasks.find(({ task, queue }) => task === "pds.record.write" && queue === "docket")).toMatchObject({
    held: 1,
  });
  expect((await operator.plyr("restore", "pds.record.write", ...fields)).stdout).toBe(
    "pds.record.write is restored.\n",
  );
  await until("it is done", async () => (await stateOf(struck))?.state === "confirmed");
  expect((await operator.plyr("restore", "pds.record.write", ...fields)).code).toBe(2);
});

test("a person and a host can be paused: what waits says so, and goes on when it is resumed", async () => {
  const [mine, more] = [await ours.track("Paused person"), await ours.track("Paused host")];
  const { did } = stage.listener.account;
  const paused = await operator.plyr("pause", "person", did, "--because", "they asked for it", "--for", "1h");
  expect(paused.stdout).toMatch(/^Paused until 20.*Z, or until it is resumed\.$/m);
  await like(mine);
  await says(mine, "Held by the operator: they asked for it");
  expect((await operator.status()).paused).toMatchObject([{ scope: "person", name: did, cause: "operator" }]);
  expect((await operator.plyr("resume", "person", did)).stdout).toBe("It goes on.\n");
  await until("it is done", async () => (await stateOf(mine))?.state === "confirmed");

  const host = new URL(stage.pds.url).host;
  await operator.plyr("pause", "host", host, "--because", "it is being moved");
  await like(more);
  await says(more, "Held by the operator: it is being moved");
  await operator.plyr("resume", "host", host);
  await until("it is done", async () => (await stateOf(more))?.state === "confirmed");
  expect((await operator.plyr("resume", "host", host)).code).toBe(2);
});

test("what was accepted can be cancelled: it is given up with the operator's words, and can be replayed", async () => {
  const trackId = await ours.track("Cancelled");
  await operator.plyr("strike", "pds.record.write", "--because", "a moment");
  await like(trackId);
  const { id } = await stage.db
    .selectFrom("intents")
    .select("id")
    .where("task", "=", "pds.record.write")
    .where("state", "=", "open")
    .executeTakeFirstOrThrow();
  expect((await operator.plyr("cancel", id, "--because", "sent by mistake")).stdout).toBe(
    "It is cancelled.\n",
  );
  expect(await stateOf(trackId)).toMatchObject({
    state: "failed",
    reason: "Cancelled by the operator: sent by mistake",
  });
  expect((await operator.plyr("cancel", id, "--because", "again")).code).toBe(2);
  await operator.plyr("restore", "pds.record.write");
  const wrong = await operator.plyr("dead", "replay", id, "--payload", '{"recordId":7}');
  expect(wrong).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("expected string, received number") as unknown,
  });
  const payload = { ...(await payloadOf(id)), about: aboutTrack(trackId) };
  expect((await operator.plyr("dead", "replay", id, "--payload", JSON.stringify(payload))).code).toBe(0);
  await until("it is done", async () => (await stateOf(trackId))?.state === "confirmed");
});

async function payloadOf(id: string): Promise<Record<string, unknown>> {
  const { stdout } = await operator.plyr("dead", "show", id, "--json");
  return z.object({ payload: z.record(z.string(), z.unknown()) }).parse(JSON.parse(stdout)).payload;
}

test("some of what was given up can be thrown away by its reason", async () => {
  const given = ["of.yesterday", "of.yesterday", "of.tomorrow"].map((task, at) => ({
    ...{ task, payload: "{}", subject: `gone ${String(at)}`, state: "dead" as const },
    reason: `no route ${String(at)}`,
  }));
  await stage.db.insertInto("intents").values(given).execute();
  const { deadGroups } = await operator.status();
  expect(deadGroups.filter(({ task }) => task.startsWith("of."))).toMatchObject([
    { task: "of.yesterday", error: "no route …", count: 2 },
    { task: "of.tomorrow", error: "no route …", count: 1 },
  ]);
  expect((await operator.plyr("dead", "discard", "--all", "--error", "no route 2")).stdout).toBe(
    "1 are thrown away.\n",
  );
  expect((await operator.plyr("dead", "discard", "--all", "--task", "of.yesterday")).stdout).toBe(
    "2 are thrown away.\n",
  );
  expect((await operator.status()).dead).toEqual({});
});

test("each command that changes something leaves a line, also one that was refused", async () => {
  await operator.plyr("strike", "no.such.task", "--because", "why not");
  const { stdout } = await operator.plyr("actions", "--limit", "1", "--json");
  expect(action.parse(JSON.parse(stdout))).toMatchObject({
    who: userInfo().username,
    command: "POST /strikes",
    arguments: { task: "no.such.task", because: "why not" },
    outcome: "no task of this version is named no.such.task",
  });
  expect((await operator.plyr("actions")).stdout).toContain("no.such.task");
});

test("status can be watched", async () => {
  const stop = new AbortController();
  let seen = 0;
  const watched = operator.watch((line) => {
    if (line.includes("docket: docket")) seen += 1;
  }, stop.signal);
  await until("it was printed twice", () => seen >= 2, { within: 20_000 });
  stop.abort();
  await watched;
});

test("a strike holds what falls back to running in process, and what a Redis has forgotten", async () => {
  const trackId = await ours.track("Struck without Redis");
  await operator.plyr("strike", "pds.record.write", "--because", "all of them");
  await redis.stop();
  await like(trackId);
  await says(trackId, "Held by the operator: all of them");
  await redis.restart();
  await until("docket is back", async () => (await operator.status()).docket.mode === "docket");
  expect((await operator.plyr("status")).stdout).toContain("all of them");
  expect((await stateOf(trackId))?.state).toBe("waiting");
  await operator.plyr("restore", "pds.record.write");
  await until("it is done", async () => (await stateOf(trackId))?.state === "confirmed", { within: 20_000 });
});
