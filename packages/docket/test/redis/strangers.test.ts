import { expect } from "vitest";
import { z } from "zod";
import { defineTask } from "../../src/index.js";
import { prefixOf } from "../../src/store/redis/keys.js";
import { only } from "../desk.js";
import { until } from "../until.js";
import { Child } from "./children.js";
import { chore } from "./chores.js";
import { test } from "./harbour.js";

test.for([
  ["no body at all", "garbage"],
  ["nothing", ""],
  ["too few fields", "1\ta\tb"],
  ["too many fields", "1700000000000\ts\tk\tchore\t1\ttrace\textra"],
  ["no time", "soon\t\t\tchore\t1"],
  ["no name", "1700000000000\t\t\t\t1"],
  ["an encoding that can't be read", "1700000000000\t\t\t%E0%A4%A\t1"],
] as const)(
  "a task that can't be decoded (%s) neither kills its worker nor is dropped: a dead letter, counted",
  async ([, body], { harbour }) => {
    const ran: number[] = [];
    const docket = await harbour.open({ run: (n: number) => Promise.resolve(ran.push(n)) }, [chore]);
    const prefix = prefixOf(harbour.name);
    await harbour.server.ask(async (redis) => {
      await redis.hset(`${prefix}bodies`, "stranger", body);
      await redis.rpush(`${prefix}ready`, "stranger");
      const name = body.split("\t")[3] ?? "";
      if (name !== "" && /^\d/.test(body)) await redis.hincrby(`${prefix}living`, name, 1); // as its add would have
    });
    await docket.add(chore, 1);
    await harbour.worker(docket, 1);
    await until("the task behind it has run", () => ran.length === 1);
    const letter = only(await docket.deadLetters());
    expect(letter).toMatchObject({ id: "stranger", cause: "payload", task: undefined, payload: undefined });
    expect(letter.error?.message).toMatch(/isn't a task/);
    expect((await docket.snapshot()).counts).toMatchObject({ dead: 1, undecodable: 1 });
    expect(await docket.discard("stranger")).toBe(true);
  },
);

test("a task whose JSON can't be read is a dead letter that keeps its text", async ({ harbour }) => {
  const docket = await harbour.open({ run: () => Promise.resolve() }, [chore]);
  const prefix = prefixOf(harbour.name);
  await docket.add(chore, 1, { key: "k" });
  await harbour.server.ask(async (redis) => {
    const [id = "", body = ""] = Object.entries(await redis.hgetall(`${prefix}bodies`)).flat();
    await redis.hset(`${prefix}bodies`, id, body.replace(/1$/, "{oops"));
  });
  await harbour.worker(docket);
  const letter = await until("it is dead", async () => (await docket.deadLetters())[0]);
  expect(letter).toMatchObject({ cause: "payload", task: "chore", key: "k", payload: "{oops" });
});

test("nonsense in a worker's inbox is passed over", async ({ harbour }) => {
  const ran: number[] = [];
  const docket = await harbour.open({ run: (n: number) => Promise.resolve(ran.push(n)) }, [chore]);
  await harbour.worker(docket);
  const [worker] = (await docket.snapshot()).workers;
  const inbox = `${prefixOf(harbour.name)}inbox:${worker?.worker ?? ""}`;
  await harbour.server.ask((redis) =>
    redis.rpush(inbox, "nonsense", "task\tx", "look\tnever", "cancel\tnobody"),
  );
  await docket.add(chore, 1);
  await until("the task has run", () => ran.length === 1);
});

test("a task that no worker knows waits, visible and counted, until one comes that does (incident 4)", async ({
  harbour,
}) => {
  const ran: string[] = [];
  const run = (n: number): Promise<unknown> => Promise.resolve(ran.push(`chore ${String(n)}`));
  const rare = defineTask<unknown>()({
    name: "rare",
    payload: z.string(),
    run: (what) => Promise.resolve(ran.push(what)),
  });
  const newer = await harbour.open<unknown>(undefined, [rare]);
  const older = await harbour.open({ run }, [chore]);
  await harbour.worker(older, 1);
  await newer.addMany(rare, ["a", "b"]);
  await older.add(chore, 1);
  await until("the older worker went on", () => ran.length === 1);
  await until("both are laid aside", async () => (await older.snapshot()).aside["rare"] === 2);
  expect(await older.snapshot()).toMatchObject({ waiting: 0, dead: 0, tasks: { rare: 2 } });
  await harbour.worker(newer, 1);
  await until("the newer worker did them", () => ran.length === 3);
  expect(ran).toEqual(["chore 1", "a", "b"]);

  // And while it is there and sleeps, it gets what the older one can't do.
  await newer.add(rare, "c");
  await until("it has run", () => ran.includes("c"));
});

test.for([-3_600_000, 3_600_000])(
  "a client whose clock is off by %i ms moves no due time",
  async (skewMs, { harbour }) => {
    const ran: number[] = [];
    const docket = await harbour.open({ run: (n: number) => Promise.resolve(ran.push(n)) }, [chore]);
    await harbour.worker(docket);
    const { url } = harbour.server;
    await using child = await Child.start({
      url,
      name: harbour.name,
      skewMs,
      work: false,
      add: { n: 1, delayMs: 1_500 },
    });
    const { nextAt = 0, now } = await docket.snapshot();
    expect(nextAt - now).toBeGreaterThan(0);
    expect(nextAt - now).toBeLessThanOrEqual(1_500);
    await until("it has run", () => ran.length === 1, 4_000);
    await child.kill();
  },
);

test("a worker whose clock is off holds its tasks, and renews its leases", async ({ harbour }) => {
  harbour.workersWereKilled = true;
  const docket = await harbour.open({ run: () => Promise.resolve() }, [chore]);
  const { url } = harbour.server;
  await using child = await Child.start({ url, name: harbour.name, skewMs: 3_600_000, work: true });
  await docket.add(chore, 1, { key: "k" });
  await until("it runs", () => child.began.length === 1);
  const first = (await docket.snapshot()).nextAt ?? 0;
  await until("its lease is renewed", async () => ((await docket.snapshot()).nextAt ?? 0) > first);
  expect((await docket.find(["k"])).get("k")?.state).toBe("running");
});
