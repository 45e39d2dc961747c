import { startRedis, until, type Redis } from "@plyr/dev";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { listAlerts, tellConcerns } from "../../src/alerts/alerts.js";
import { QueueWatch } from "../../src/alerts/queue-watch.js";
import { listNotices } from "../../src/notices/notices.js";
import type { Concern } from "../../src/operating/concerns.js";
import { setStage, type Stage } from "../outbox/stage.js";

let stage: Stage;
let redis: Redis;
beforeAll(async () => {
  [stage, redis] = await Promise.all([setStage(), startRedis()]);
});
afterEach(async () => {
  await stage.endProcesses();
  for (const table of ["alerts", "notices", "intents"] as const) await stage.db.deleteFrom(table).execute();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await redis.close();
});

const late: Concern = { id: "late", severity: "warning", words: "Work is late", since: null };
const away: Concern = { id: "pds away x", severity: "error", words: "The PDS x is away", since: null };

/** What the operator was told, in order. */
const told = async () =>
  (await listNotices(stage.db, 99)).reverse().map(({ kind, text }) => `${kind}: ${text}`);

test("each concern is told once, whoever sees it, and that it has passed once", async () => {
  const [one, other] = await Promise.all([stage.process({}, false), stage.process({}, false)]);
  const parts = [one, other].map(({ outbox }) => ({ db: stage.db, outbox }));
  await Promise.all([...parts, ...parts].map((part) => tellConcerns(part, [late, away])));
  expect((await told()).sort()).toEqual(["alert.raised: The PDS x is away", "alert.raised: Work is late"]);
  expect(await listAlerts(stage.db)).toMatchObject([{ recoveredAt: null }, { recoveredAt: null }]);

  await Promise.all(parts.map((part) => tellConcerns(part, [away])));
  expect((await told()).slice(2)).toEqual(["alert.passed: Has passed: Work is late"]);
  expect(await listAlerts(stage.db)).toMatchObject([
    { concern: "pds away x", severity: "error", recoveredAt: null },
    { concern: "late" },
  ]);
  expect((await listAlerts(stage.db)).map(({ recoveredAt }) => recoveredAt === null)).toEqual([true, false]);
  await Promise.all(parts.map((part) => tellConcerns(part, [late, away])));
  expect((await told()).slice(3)).toEqual(["alert.raised: Work is late"]);
});

test("one that grows is told anew when it is ten times as large, and never for less", async () => {
  const { outbox } = await stage.process({}, false);
  const of = (size: number): Concern => ({ ...late, words: `${String(size)} are late`, size });
  for (const size of [1, 9, 10, 99, 12, 1_000, 0]) {
    await tellConcerns({ db: stage.db, outbox }, size === 0 ? [] : [of(size)]);
  }
  const news = await told();
  expect(news.filter((line) => line.startsWith("alert.raised"))).toEqual(
    ["1", "10", "1000", "1000"].map((size) => `alert.raised: ${size} are late`),
  );
  expect((await listAlerts(stage.db)).every(({ recoveredAt }) => recoveredAt !== null)).toBe(true);
});

test("whoever can tell of one concern only leaves the others alone", async () => {
  const { outbox } = await stage.process({}, false);
  const parts = { db: stage.db, outbox };
  await tellConcerns(parts, [late, away]);
  await tellConcerns(parts, [], (concern) => concern === "late");
  expect(await listAlerts(stage.db)).toMatchObject([{ concern: "pds away x", recoveredAt: null }, {}]);
});

test("a Redis that goes away is told by the process that notices, and so is its return", async () => {
  const background = await stage.process({ docketUrl: redis.url });
  const { db } = stage;
  const { outbox, look, queues } = background;
  // That nobody works is not over because nobody can be asked.
  const idle: Concern = { id: "no worker", severity: "error", words: "No worker is alive", since: null };
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  let looks = 0;
  const counted = (): ReturnType<typeof look> => {
    looks += 1;
    return look();
  };
  const watch = new QueueWatch({ db, outbox, look: counted, log, interval: 20 });
  const standing = async () =>
    (await listAlerts(db)).map(({ concern, recoveredAt }) => [concern, recoveredAt !== null]);
  await until("the worker has looked by itself, and won't again", async () => {
    const seen = await queues[0]?.snapshot();
    return seen?.tasks["alerts.evaluate"] === 1 && seen.waiting === 0 && seen.running === 0;
  });
  expect((await look()).workers).toBe(1);
  await redis.stop();
  await tellConcerns({ db, outbox }, [idle], (concern) => concern === "no worker");
  watch.start();
  await until("it has told what it found", () => Promise.resolve(looks > 1));
  expect((await standing()).sort()).toEqual([
    ["docket away", false],
    ["no worker", false],
  ]);
  await redis.restart();
  await until("its return is told, and that there is a worker", async () =>
    (await standing()).every(([, over]) => over),
  );
  await watch.stop();
  expect(await standing()).toHaveLength(2);
});

test("what is wrong is looked for by one task in the whole service, and told", async () => {
  const options = { docketUrl: redis.url, docketName: "soon", alertsEvery: 1_000 };
  const processes = [1, 2].map(() => stage.process(options));
  const [one] = await Promise.all(processes);
  await stage.db
    .insertInto("intents")
    .values({ task: "copyright.scan", payload: "{}", subject: "scan", state: "dead", reason: "no" })
    .execute();
  await until("it is told", async () => (await told()).length > 0);
  expect(await told()).toEqual(["alert.raised: 1 given up: see npm run plyr -- dead"]);
  const [docket] = one?.queues ?? [];
  expect((await docket?.snapshot())?.tasks["alerts.evaluate"]).toBe(1);
});
