import { Docket } from "@plyr/docket";
import { until } from "@plyr/dev";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Dispatcher } from "../../src/outbox/dispatcher.js";
import { Sweep } from "../../src/outbox/sweep.js";
import { setStage, type LogLine, type Stage } from "./stage.js";

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
beforeEach(() => {
  stage.log.length = 0;
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

/** A sweep over intents of tasks that nobody knows: what it looks at shows in the log. */
async function newSweep(interval: number): Promise<Sweep<null>> {
  const write = (level: LogLine["level"]) => (fields: object, message: string) => {
    stage.log.push({ level, message, fields });
  };
  const log = { info: () => undefined, warn: write("warn"), error: write("error") };
  const bury = (id: string): Promise<void> => Promise.reject(new Error(`${id} was never given up`));
  const local = await Docket.open({ tasks: [], services: null });
  const dispatcher = new Dispatcher({ docket: undefined, local, tasks: [], bury, log });
  return new Sweep({ db: stage.db, dispatcher, bury, log, interval });
}

async function dueIntent(): Promise<void> {
  await stage.db
    .insertInto("intents")
    .values({ task: "nobody.knows", payload: "{}", subject: "s" })
    .execute();
}

test("stop before start, stop twice, and start twice do no harm", async () => {
  const sweep = await newSweep(20);
  await sweep.stop();
  sweep.start();
  sweep.start();
  await dueIntent();
  await until("it has looked", () => stage.log.length === 1);
  await sweep.stop();
  await sweep.stop();
});

test("after stop there are no more rounds, and start begins anew", async () => {
  const sweep = await newSweep(10);
  sweep.start();
  await dueIntent();
  await until("it has looked", () => stage.log.length === 1);
  await sweep.stop();
  await dueIntent();
  const direct = await newSweep(10);
  await direct.round();
  expect(stage.log.length).toBe(2);
  await dueIntent();
  sweep.start();
  await until("it has looked again", () => stage.log.length === 3);
  await sweep.stop();
});

test("a round that fails is followed by another", async () => {
  const sweep = await newSweep(10);
  await stage.db.schema.alterTable("intents").renameTo("intents_away").execute();
  sweep.start();
  await until("a round has failed", () =>
    stage.log.some(({ message }) => message.includes("round of the sweep failed")),
  );
  await stage.db.schema.alterTable("intents_away").renameTo("intents").execute();
  await dueIntent();
  await until("it has looked", () => stage.log.some(({ message }) => message.includes("unknown task")));
  await sweep.stop();
});

test("one round takes more intents than one query does", async () => {
  const sweep = await newSweep(60_000);
  const rows = Array.from({ length: 1_100 }, () => ({ task: "nobody.knows", payload: "{}", subject: "s" }));
  await stage.db.insertInto("intents").values(rows).execute();
  await sweep.round();
  const due = await stage.db
    .selectFrom("intents")
    .select("id")
    .where("check_at", "<=", sql<Date>`now()`)
    .execute();
  expect(due).toEqual([]);
});
