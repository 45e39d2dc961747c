import { connect } from "node:net";
import { Docket, RetryAt, Terminal } from "@plyr/docket";
import { startRedis, until, type Redis } from "@plyr/dev";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { noteTask } from "./notes.js";
import { setStage, type Stage } from "./stage.js";

let stage: Stage;
let redis: Redis;
let docketName = "";
let round = 0;

beforeAll(async () => {
  [stage, redis] = await Promise.all([setStage(), startRedis()]);
});
beforeEach(() => {
  round += 1;
  docketName = `plyr-${String(round)}`;
});
afterEach(async () => {
  await stage.endProcesses();
  await stage.db.deleteFrom("intents").execute();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await redis.close();
});

/** One command in Redis's plain form, for what no client of ours would do. */
async function sendInline(port: number, command: string): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.end(`${command}\r\n`);
  for await (const answer of socket) expect(String(answer)).toBe("+OK\r\n");
}

const FALLBACK = "docket scheduling failed, falling back to asyncio";

test("with Redis there, an intent is carried out by a worker of docket", async () => {
  const { task, done, registry } = noteTask();
  const api = await stage.process({
    docketUrl: redis.url,
    docketName,
    registry: noteTask().registry,
    worker: false,
  });
  await stage.process({ docketUrl: redis.url, docketName, registry });
  await api.outbox.schedule(task, { about: "worker", text: "over there" });
  await until("it is done", () => done.includes("over there"));
  expect(api.mode()).toBe("docket");
  expect(await api.health()).toMatchObject({ mode: "docket", reachable: true, evictionPolicy: "noeviction" });
});

interface Outage {
  trouble: string;
  begins: () => Promise<void>;
  ends: () => Promise<void>;
}

const outages: Outage[] = [
  { trouble: "stopped", begins: () => redis.stop(), ends: () => redis.restart() },
  {
    trouble: "hung",
    begins: () => {
      redis.pause();
      return Promise.resolve();
    },
    ends: () => {
      redis.resume();
      return Promise.resolve();
    },
  },
];

test.each(outages)(
  "with Redis $trouble, the caller does not wait, and the task runs in process",
  async (outage) => {
    const { task, done, registry } = noteTask();
    const { outbox, mode, health } = await stage.process({ docketUrl: redis.url, docketName, registry });
    await outbox.schedule(task, { about: "before", text: "before" });
    await until("the first is done", () => done.includes("before"));
    const logged = stage.log.length;
    await outage.begins();
    try {
      const asked = performance.now();
      const id = await outbox.schedule(task, { about: "away", text: "in process" });
      expect(performance.now() - asked).toBeLessThan(500);
      await until("it is done", () => done.includes("in process"));
      const line = stage.log.slice(logged).find(({ message }) => message === FALLBACK);
      expect(line?.fields).toMatchObject({
        task: "test.note",
        intents: [id],
        err: { name: "StoreUnavailable" },
      });
      expect(mode()).toBe("docket unreachable, running in process");
      expect(await health()).toMatchObject({ mode: "docket unreachable, running in process" });

      // It is not asked again for each request, but each request says so.
      const next = performance.now();
      await outbox.schedule(task, { about: "away", text: "at once" });
      await until("the next is done", () => done.includes("at once"));
      expect(performance.now() - next).toBeLessThan(900);
    } finally {
      await outage.ends();
    }
    await until("docket is back", () => mode() === "docket", { within: 15_000 });
    await outbox.schedule(task, { about: "back", text: "afterwards" });
    await until("it is done", () => done.includes("afterwards"));
    expect(done).toEqual(["before", "in process", "at once", "afterwards"]);
  },
);

test("with docket's keys spoilt, what spoilt them is set aside, and the task runs all the same", async () => {
  const { task, done, registry } = noteTask();
  const logged = stage.log.length;
  await sendInline(redis.port, `SET docket:{${docketName}}:bodies spoilt`);
  const { outbox } = await stage.process({ docketUrl: redis.url, docketName, registry });
  await outbox.schedule(task, { about: "spoilt", text: "all the same" });
  await until("it is done", () => done.includes("all the same"));
  const told = stage.log.slice(logged).map(({ message }) => message);
  expect(told.some((message) => message.includes("isn't docket's"))).toBe(true);
});

test("a process that starts while Redis is away does its work in process, and uses Redis once it is there", async () => {
  await redis.stop();
  const { task, done, registry } = noteTask();
  const background = await stage.process({ docketUrl: redis.url, docketName, registry }, false);
  const started = background.start();
  await background.outbox.schedule(task, { about: "early", text: "early" });
  await until("it is done", () => done.includes("early"));
  await redis.restart();
  await started;
  await until("docket is in use", () => background.mode() === "docket", { within: 15_000 });
  await background.outbox.schedule(task, { about: "late", text: "late" });
  await until("it is done too", () => done.includes("late"));
});

test("with Redis away, a sign-in carries parked work on in process", async () => {
  const { done, registry } = noteTask();
  const background = await stage.process({ docketUrl: redis.url, docketName, registry });
  const record = await stage.db
    .insertInto("pds_records")
    .values({
      did: "did:plc:parked",
      collection: "test.note",
      rkey: "one",
      wish: "{}",
      state: "needs-sign-in",
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const payload = JSON.stringify({ about: "parked", text: "parked", recordId: record.id });
  const later = sql<Date>`now() + interval '1 hour'`;
  await stage.db
    .insertInto("intents")
    .values({ task: "test.note", payload, subject: "parked", check_at: later })
    .execute();
  await redis.stop();
  try {
    await background.resumeParked("did:plc:somebody-else");
    expect(done).toEqual([]);
    await background.resumeParked("did:plc:parked");
    await until("it is done", () => done.includes("parked"));
  } finally {
    await redis.restart();
  }
});

test("a process that starts while Redis is away can be stopped", async () => {
  await redis.stop();
  try {
    const background = await stage.process({ docketUrl: redis.url, docketName, registry: [] }, false);
    const started = background.start();
    await background.stop();
    await started;
  } finally {
    await redis.restart();
  }
});

test("a Redis that lost everything loses nothing that was accepted", async () => {
  const { task, done, registry } = noteTask();
  const api = await stage.process({ docketUrl: redis.url, docketName, registry, worker: false });
  for (const text of ["a", "b", "c"]) await api.outbox.schedule(task, { about: text, text });
  const other = await Docket.open({ url: redis.url, name: docketName, tasks: [], services: null });
  await until("docket has them", async () => {
    const found = await other.find(await stage.openIntents());
    return [...found.values()].every(({ state }) => state === "waiting");
  });
  await other.close();
  await redis.flush();
  await stage.process({ docketUrl: redis.url, docketName, registry });
  await until("they are done", () => done.length === 3, { within: 10_000 });
  expect(done.toSorted()).toEqual(["a", "b", "c"]);
});

test("the sweep leaves alone what docket still has", async () => {
  const { task, done, registry } = noteTask(async (_text, ctx) => {
    if (ctx.attempt === 1 && ctx.delivery === 1) throw new RetryAt("1h", "later");
    return Promise.resolve();
  });
  const { outbox } = await stage.process({ docketUrl: redis.url, docketName, registry });
  const id = await outbox.schedule(task, { about: "parked", text: "parked" });
  const other = await Docket.open({ url: redis.url, name: docketName, tasks: [], services: null });
  const state = async () => (await other.find([id])).get(id);
  await until("it is parked", async () => (await state())?.state === "delayed");
  const before = await state();
  await stage.db
    .updateTable("intents")
    .set({ check_at: sql<Date>`now()` })
    .execute();
  await until("the sweep has looked", async () => {
    const row = await stage.db
      .selectFrom("intents")
      .select("check_at")
      .select(sql<Date>`now()`.as("now"))
      .executeTakeFirstOrThrow();
    return row.check_at > row.now;
  });
  expect(await state()).toEqual(before);
  expect(done).toEqual([]);
  await other.close();
});

test("what docket has given up while nobody listened is given up by the sweep", async () => {
  const failing = noteTask(() => Promise.reject(new Terminal("out of ink")));
  const { outbox } = await stage.process({ docketUrl: redis.url, docketName, registry: failing.registry });
  const id = await outbox.schedule(failing.task, { about: "dead", text: "unheard" });
  await until("it is dead", () => failing.givenUp.length === 1);
  // As if the process had died between docket's verdict and the row.
  await stage.db
    .updateTable("intents")
    .set({ state: "open", reason: null, check_at: sql<Date>`now()` })
    .where("id", "=", id)
    .execute();
  await until("the sweep has noticed", () => failing.givenUp.length === 2);
  expect(failing.givenUp[1]).toEqual({ text: "unheard", reason: "out of ink" });
});

test("a dead letter that is replayed closes its intent", async () => {
  let ink = false;
  const { task, done, givenUp, registry } = noteTask(() =>
    ink ? undefined : Promise.reject(new Terminal("out of ink")),
  );
  const { outbox } = await stage.process({ docketUrl: redis.url, docketName, registry });
  await outbox.schedule(task, { about: "replay", text: "again" });
  await until("it is dead", () => givenUp.length === 1);
  const other = await Docket.open({ url: redis.url, name: docketName, tasks: [], services: null });
  const [letter] = await other.deadLetters();
  ink = true;
  await other.replay(letter?.id ?? "");
  await until("it is done", () => done.includes("again"));
  await until(
    "its intent is gone",
    async () => (await stage.db.selectFrom("intents").select("id").execute()).length === 0,
  );
  await other.close();
});
