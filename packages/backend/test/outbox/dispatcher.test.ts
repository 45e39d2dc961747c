import { randomUUID } from "node:crypto";
import { Docket, type Log } from "@plyr/docket";
import { startRedis, until, type Redis } from "@plyr/dev";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Dispatcher } from "../../src/outbox/dispatcher.js";
import type { Intent } from "../../src/outbox/intents.js";
import { noteTask } from "./notes.js";

let redis: Redis;
const opened: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await Promise.all(opened.map((docket) => docket.close()));
  await redis.close();
});

const { task } = noteTask();
const intent = (payload: Intent["payload"]): Intent => ({ id: randomUUID(), task: task.name, payload });
const note = (): Intent => intent({ about: "a", text: "b" });

async function newDispatcher(name: string) {
  const warnings: string[] = [];
  const buried: { id: string; reason: string }[] = [];
  const log: Log = {
    info: () => undefined,
    warn: (_fields, message) => void warnings.push(message),
    error: () => undefined,
  };
  // No worker: where an intent has been put is the matter, not what becomes of it.
  const services = null;
  const tasks = [{ ...task, onDeadLetter: () => Promise.resolve(), run: () => Promise.resolve() }];
  const local = await Docket.open({ tasks, services });
  const docket = await Docket.open({ url: redis.url, name, tasks, services });
  opened.push(local, docket);
  const bury = (id: string, reason: string): Promise<void> => {
    buried.push({ id, reason });
    return Promise.resolve();
  };
  const dispatcher = new Dispatcher({ docket, local, tasks, bury, log, avoid: 600_000 });
  const where = async ({ id }: Intent): Promise<string> => {
    const inDocket = (await docket.find([id])).get(id)?.state;
    if (inDocket !== "unknown") return "docket";
    return (await local.find([id])).get(id)?.state === "unknown" ? "nowhere" : "in process";
  };
  return { dispatcher, docket, where, warnings, buried };
}

test("after a failure docket is left alone, until a probe has found it to be back", async () => {
  const { dispatcher, docket, where, warnings } = await newDispatcher("probe");
  const [before, away, stillAvoided, after] = [note(), note(), note(), note()];
  await dispatcher.handOver([before]);
  await redis.stop();
  await dispatcher.handOver([away]);
  await dispatcher.probe();
  expect(dispatcher.mode).toBe("docket unreachable, running in process");
  await redis.restart();
  await until("docket answers", async () => (await docket.health()).reachable);
  await dispatcher.handOver([stillAvoided]);
  expect(dispatcher.mode).toBe("docket unreachable, running in process");
  await dispatcher.probe();
  expect(dispatcher.mode).toBe("docket");
  await dispatcher.handOver([after]);
  expect(await Promise.all([before, away, stillAvoided, after].map(where))).toEqual([
    "docket",
    "in process",
    "in process",
    "docket",
  ]);
  expect(warnings).toEqual(Array(2).fill("docket scheduling failed, falling back to asyncio"));
});

test("a payload that its task no longer takes is given up, and keeps no other back", async () => {
  const { dispatcher, where, buried } = await newDispatcher("payload");
  const [good, bad, alsoGood] = [note(), intent({ about: "a" }), note()];
  await dispatcher.handOver([good, bad, alsoGood]);
  expect(await Promise.all([good, bad, alsoGood].map(where))).toEqual(["docket", "nowhere", "docket"]);
  expect(buried.map(({ id }) => id)).toEqual([bad.id]);
  expect(buried[0]?.reason).toContain("text");
});
