import { userInfo } from "node:os";
import { startAudd, startRedis, until, type Audd, type Program, type Redis } from "@plyr/dev";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { alert } from "../../src/alerts/alerts.js";
import { action } from "../../src/operator/actions.js";
import { auditing, type Auditing } from "../audit/auditing.js";
import { scanned, scanOf } from "../scans/stage.js";
import { makeAudio } from "../tracks/audio.js";
import { setStage, type Stage } from "../tracks/stage.js";
import { operating, type Operating } from "./operating.js";

let redis: Redis;
let audd: Audd;
let stage: Stage;
let operator: Operating;
let ours: Auditing;
let worker: Program;
let tone: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  [redis, audd, tone] = await Promise.all([startRedis(), startAudd(), makeAudio("mp3", 2)]);
  const env = {
    ...{ AUDD_TOKEN: "token", AUDD_URL: audd.url, DOCKET_URL: redis.url, ALERTS_EVERY: "1s" },
  };
  stage = await setStage("bucket", env, "api");
  const { bucket } = stage;
  if (bucket === undefined) throw new Error("files are to be in a bucket");
  operator = operating(stage, redis, {
    ...env,
    STORAGE_DIR: "",
    S3_BUCKET: bucket.bucket,
    S3_ENDPOINT: bucket.endpoint,
    S3_REGION: bucket.region,
    S3_ACCESS_KEY_ID: bucket.accessKeyId,
    S3_SECRET_ACCESS_KEY: bucket.secretAccessKey,
  });
  ours = auditing(stage, redis.url, tone);
  worker = await operator.worker();
}, 90_000);
afterAll(async () => {
  await worker.close();
  await stage[Symbol.asyncDispose]();
  await Promise.all([redis.close(), audd[Symbol.asyncDispose]()]);
});

const letter = z.object({ id: z.uuid(), task: z.string() });

function lines<T>(stdout: string, shape: z.ZodType<T>): T[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => shape.parse(JSON.parse(line)));
}

test("an incident of three troubles is seen, understood, stopped, set right and done after all, with commands alone", async () => {
  const first = await ours.track("Before all this");
  await scanned(stage.artist, first);
  const listened = await ours.track("Liked meanwhile");
  await scanned(stage.artist, listened);
  await ours.quiet();

  // The scanner answers 500, and today's deploy makes the lists throw.
  audd.script(...Array.from({ length: 200 }, () => ({ kind: "status", status: 500 }) as const));
  await worker.stop();
  worker = await operator.worker("list.write");
  await ours.like(first);
  await operator.sees("a list is given up", ({ dead }) => dead["list.write"] === 1);
  // And the PDS goes away.
  await stage.gate.shut();
  const { trackId } = await stage.upload(stage.artist, await makeAudio("mp3", 3), {
    title: "Uploaded meanwhile",
  });
  const now = await operator.sees("all three are seen", ({ concerns, paused }) => {
    return concerns.some(({ id }) => id === "scans") && paused.some(({ cause }) => cause === "away");
  });
  expect(now.concerns.map(({ id }) => id.replace(/pds away .*/, "pds away"))).toEqual([
    "dead letters",
    "scans",
    "pds away",
  ]);
  expect(now.scans).toMatchObject({ count: 1, reason: "AuDD answers 500. Trying again by itself." });
  expect(now.deadGroups).toMatchObject([
    { task: "list.write", count: 1, error: "cannot read the lists of today" },
  ]);
  const seen = await operator.plyr("status");
  expect(seen.stdout).toContain("1 copyright scans are put off: AuDD answers 500.");
  expect((await scanOf(stage.artist, trackId))?.reason).toContain("AuDD answers 500");

  // Understood.
  const [given] = lines(
    (await operator.plyr("dead", "list", "--error", "lists of today", "--json")).stdout,
    letter,
  );
  const shown = await operator.plyr("dead", "show", given?.id ?? "");
  expect(shown.stdout).toContain("TypeError: cannot read the lists of today");
  expect(shown.stdout).toContain("bad-worker.ts");

  // Stopped: what comes now waits.
  const because = "today's deploy can't read them";
  expect(await operator.plyr("strike", "list.write", "--because", because)).toMatchObject({
    code: 0,
    stdout: "list.write is struck.\n",
  });
  await stage.gate.open();
  await ours.like(listened);
  await operator.sees("the list is held", ({ tasks }) =>
    tasks.some(({ task, queue, held }) => task === "list.write" && queue === "docket" && held === 1),
  );
  expect((await operator.status()).dead).toEqual({ "list.write": 1 });

  // Set right, restored and replayed.
  await worker.stop();
  worker = await operator.worker();
  audd.clear();
  expect((await operator.plyr("restore", "list.write")).code).toBe(0);
  expect((await operator.plyr("dead", "replay", "--all")).stdout).toBe("1 are being carried out.\n");
  await scanned(stage.artist, trackId);
  await operator.sees("nothing is wrong any more", ({ concerns, open }) => {
    return concerns.length === 0 && Object.keys(open).length === 0;
  });
  expect(await ours.audit()).toEqual({ code: 0, findings: [] });

  // Each was told once, and that it has passed.
  const told = await until("all of it has passed", async () => {
    const alerts = lines((await operator.plyr("alerts", "--json")).stdout, alert);
    return alerts.every(({ recoveredAt }) => recoveredAt !== null) && alerts;
  });
  expect(told.map(({ concern }) => concern.replace(/pds away .*/, "pds away")).sort()).toEqual([
    "dead letters",
    "pds away",
    "scans",
  ]);

  const did = lines((await operator.plyr("actions", "--json")).stdout, action);
  expect(
    did
      .map(({ who, command, outcome }) => [who, command, outcome])
      .filter(([, what]) => what !== "POST /audit"),
  ).toEqual([
    [userInfo().username, "POST /dead/replay", "done"],
    [userInfo().username, "POST /strikes/restore", "done"],
    [userInfo().username, "POST /strikes", "done"],
  ]);
  expect(did.find(({ command }) => command === "POST /strikes")?.arguments).toEqual({
    ...{ task: "list.write", where: {}, because },
  });
}, 120_000);
