import { randomUUID } from "node:crypto";
import { until } from "@plyr/dev";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { releaseLease, takeLease } from "../../src/outbox/subject-lease.js";
import { noteTask } from "./notes.js";
import { setStage, type Stage } from "./stage.js";

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterEach(() => stage.endProcesses());
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const long = { length: 30_000, renewal: 10_000 };

async function intentOn(subject: string): Promise<string> {
  const { id } = await stage.db
    .insertInto("intents")
    .values({ task: "test.nobody", payload: "{}", subject, check_at: sql<Date>`now() + interval '1 hour'` })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

test("of many who ask for a subject at once, one gets it", async () => {
  const intents = await Promise.all(Array.from({ length: 8 }, () => intentOn("crowded")));
  const answers = await Promise.all(intents.map((id) => takeLease(stage.db, id, silent, long)));
  const taken = answers.filter(({ outcome }) => outcome === "taken");
  expect(taken).toHaveLength(1);
  for (const answer of answers) {
    if (answer.outcome === "taken") {
      answer.lease.stop();
      expect(await releaseLease(stage.db, answer.lease)).toBe(true);
    } else if (answer.outcome === "held") {
      expect(answer.remaining).toBeGreaterThan(25_000);
      expect(answer.remaining).toBeLessThanOrEqual(30_000);
    } else expect.unreachable("each has its intent");
  }
});

test("an intent that has been carried out gives no lease", async () => {
  expect(await takeLease(stage.db, randomUUID(), silent, long)).toEqual({ outcome: "no intent" });
});

test("a lease that nobody renews runs out, and its former holder can't give it back", async () => {
  const id = await intentOn("abandoned");
  const first = await takeLease(stage.db, id, silent, { length: 300, renewal: 60_000 });
  if (first.outcome !== "taken") return expect.unreachable("nobody else asks");
  const second = await until("it can be taken over", async () => {
    const answer = await takeLease(stage.db, id, silent, long);
    return answer.outcome === "taken" && answer;
  });
  expect(first.lease.signal.aborted).toBe(true);
  expect(await releaseLease(stage.db, first.lease)).toBe(false);
  second.lease.stop();
  expect(await releaseLease(stage.db, second.lease)).toBe(true);
});

test("a lease is renewed for as long as the run lasts, and lost when somebody else has it", async () => {
  const id = await intentOn("renewed");
  const taken = await takeLease(stage.db, id, silent, { length: 400, renewal: 50 });
  if (taken.outcome !== "taken") return expect.unreachable("nobody else asks");
  const { lease } = taken;
  const outcomes = new Set<string>();
  const start = performance.now();
  await until("twice its length has passed", async () => {
    outcomes.add((await takeLease(stage.db, id, silent, long)).outcome);
    return performance.now() - start > 800;
  });
  expect([...outcomes]).toEqual(["held"]);
  expect(lease.signal.aborted).toBe(false);
  await stage.db
    .updateTable("subject_leases")
    .set({ token: randomUUID() })
    .where("subject", "=", "renewed")
    .execute();
  await until("it is lost", () => lease.signal.aborted);
  lease.stop();
});

test("two processes never run one subject at the same time", async () => {
  let running = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await stage.db.executeQuery(sql`select pg_sleep(0.05)`.compile(stage.db));
    running -= 1;
  };
  const one = noteTask(work);
  const two = noteTask(work);
  const [first, second] = [
    await stage.process({ registry: one.registry }),
    await stage.process({ registry: two.registry }),
  ];
  for (const text of ["1", "2"]) {
    await Promise.all([
      first.outbox.schedule(one.task, { about: "shared", text: `one ${text}` }),
      second.outbox.schedule(two.task, { about: "shared", text: `two ${text}` }),
    ]);
  }
  await until("all are done", () => one.done.length + two.done.length === 4, { within: 20_000 });
  expect(most).toBe(1);
});
