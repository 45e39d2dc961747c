import { startRedis, until, xrpc, type Redis } from "@plyr/dev";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { deadLetter, type DeadLetter } from "../../src/dead-letters/dead-letter.js";
import { auditing, type Auditing } from "../audit/auditing.js";
import { command, type Commanded } from "../cli/commanding.js";
import { NAMESPACE } from "../http/running-service.js";
import { makeAudio } from "../tracks/audio.js";
import { setStage, type Stage } from "../tracks/stage.js";

let redis: Redis;
let stage: Stage;
let ours: Auditing;

beforeAll(async () => {
  redis = await startRedis();
  stage = await setStage("folder", { DOCKET_URL: redis.url });
  ours = auditing(stage, redis.url, await makeAudio("mp3", 1));
});
afterEach(async () => {
  stage.gate.clear();
  await dead("replay", "--all");
  await ours.quiet();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await redis.close();
});

function dead(...argv: string[]): Promise<Commanded> {
  const env = {
    DATABASE_URL: stage.databaseUrl,
    DATA_DIR: stage.service.dataDir,
    DOCKET_URL: redis.url,
    COLLECTION_NAMESPACE: NAMESPACE,
  };
  return command(env, "dead", ...argv);
}

async function letters(): Promise<DeadLetter[]> {
  const { code, stdout } = await dead("list", "--json");
  expect(code).toBe(0);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => deadLetter.parse(JSON.parse(line)));
}

/** A like that its owner's PDS refuses. */
async function refusedLike(title: string): Promise<{ trackId: number; letter: DeadLetter }> {
  const trackId = await ours.track(title);
  stage.gate.answer(xrpc("com.atproto.repo.putRecord"), {
    status: 400,
    body: { error: "InvalidRequest", message: "not today" },
  });
  const before = new Set((await letters()).map(({ id }) => id));
  await stage.listener.browser.post(`/tracks/${String(trackId)}/like`);
  const letter = await until("the like is given up", async () =>
    (await letters()).find(({ id }) => !before.has(id)),
  );
  stage.gate.clear();
  return { trackId, letter };
}

test("what was given up is listed with the reason and its last run, and carried out after all when it is replayed", async () => {
  const { trackId, letter } = await refusedLike("Refused");
  expect(letter).toMatchObject({
    task: "pds.record.write",
    reason: "Your PDS refused the record: not today",
    lastRun: { attempt: 1, error: "Your PDS refused the record: not today" },
  });
  expect((await ours.likeOf(trackId)).write).toMatchObject({ state: "failed" });
  const shown = await dead("show", letter.id);
  expect(shown.stdout).toContain("not today");
  expect(shown.stdout).toContain(letter.subject);

  const replayed = await dead("replay", letter.id, "--json");
  expect(z.object({ intent: z.uuid() }).parse(JSON.parse(replayed.stdout)).intent).not.toBe(letter.id);
  await until("the like is on the PDS", async () => {
    const { write } = await ours.likeOf(trackId);
    return write?.state === "confirmed";
  });
  expect(await letters()).toEqual([]);
});

test("two at a time: one of two who replay a letter gets it", async () => {
  const { letter } = await refusedLike("Wanted twice");
  const codes = await Promise.all([dead("replay", letter.id), dead("replay", letter.id)]);
  expect(codes.map(({ code }) => code).sort()).toEqual([0, 2]);
  expect(codes.find(({ code }) => code === 2)?.stderr).toBe(
    `Not done: there is no dead letter ${letter.id} (any more)\n`,
  );
});

test("all of a task's are replayed at once, and a task that this version doesn't know is left where it is", async () => {
  await refusedLike("One of two");
  await refusedLike("Two of two");
  const ofTomorrow = { task: "of.tomorrow", payload: "{}", subject: "tomorrow", state: "dead" as const };
  const { id } = await stage.db
    .insertInto("intents")
    .values(ofTomorrow)
    .returning("id")
    .executeTakeFirstOrThrow();

  expect((await dead("replay", "--all", "--task", "pds.record.write")).stdout).toBe(
    "2 are being carried out.\n",
  );
  const unknown = await dead("replay", id);
  expect(unknown).toMatchObject({
    code: 2,
    stderr: "Not done: no task of this version is named of.tomorrow\n",
  });
  expect((await letters()).map((letter) => letter.id)).toEqual([id]);
  await dead("discard", id);
});

test("what is discarded is gone, and what it was about stays given up", async () => {
  const { trackId, letter } = await refusedLike("Discarded");
  expect((await dead("discard", letter.id)).stdout).toBe("It is thrown away.\n");
  expect(await dead("list")).toMatchObject({ code: 0, stdout: "Nothing was given up.\n" });
  expect((await ours.likeOf(trackId)).write).toMatchObject({ state: "failed" });
  expect(await ours.audit()).toMatchObject({ code: 0, findings: [{ kind: "given up" }] });
  await stage.listener.browser.delete(`/tracks/${String(trackId)}/like`);
});

test.each([[["replay"]], [["list", "--limit", "0"]], [["show", "no-id"]], [["show"]]])(
  "plyr dead %s is refused with the reason",
  async (argv) => {
    const { code, stdout, stderr } = await dead(...argv);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).not.toBe("");
  },
);

test("with Redis away letters are listed all the same, as the database has them", async () => {
  const { letter } = await refusedLike("Listed without Redis");
  await redis.stop();
  const listed = await letters().finally(() => redis.restart());
  expect(listed).toEqual([{ ...letter, lastRun: null }]);
});
