import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { defineTask, Docket, exponential, StoreUnavailable, Terminal, type Task } from "../../src/index.js";
import { RedisServer } from "../redis-server.js";
import { until } from "../until.js";

const guide = readFileSync(join(import.meta.dirname, "../../../../docs/redis.md"), "utf8");
/** The line that the guide tells operators to enter, as the words that are sent. */
const line = /^ACL SETUSER plyr .+$/m.exec(guide)?.[0].split(" ") ?? [];
const PASSWORD = "only for this test";

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
  const [command = "", ...rules] = line;
  await server.ask((redis) =>
    redis.call(
      command,
      rules.map((rule) => rule.replace("PASSWORD", PASSWORD)),
    ),
  );
});
afterAll(() => server[Symbol.asyncDispose]());

const limited = (name: string): string =>
  `redis://${name}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${String(server.port)}`;

const number = z.number();
/** One task of each behaviour. */
function tasks(ran: string[]) {
  const ran_ = (what: string) => () => Promise.resolve(ran.push(what));
  const define = defineTask<undefined>();
  let failed = false;
  return {
    plain: define({ name: "plain", payload: number, run: ran_("plain") }),
    serial: define({ name: "serial", payload: number, serial: () => "lane", run: ran_("serial") }),
    rated: define({
      name: "rated",
      payload: number,
      group: () => "group",
      rate: { limit: 2, per: "50ms" },
      run: ran_("rated"),
    }),
    single: define({
      name: "single",
      payload: number,
      concurrency: 1,
      priority: "low",
      cooldown: "1ms",
      run: ran_("single"),
    }),
    failing: define({
      name: "failing",
      payload: number,
      retry: exponential({ attempts: 2, min: 10, max: 10 }),
      run: () => {
        if (failed) return ran_("failing")();
        failed = true;
        return Promise.reject(new Error("once"));
      },
    }),
    dying: define({ name: "dying", payload: number, run: () => Promise.reject(new Terminal("no")) }),
    telling: define({
      name: "telling",
      payload: number,
      result: true,
      run: (n, { progress }) => {
        progress.set("half");
        return Promise.resolve(n + 1);
      },
    }),
    perpetual: define({ name: "perpetual", payload: z.null(), every: "1m", run: ran_("perpetual") }),
  };
}

async function open(url: string, known: readonly Task<unknown, undefined>[]): Promise<Docket<undefined>> {
  return Docket.open({ url, name: "plyr", tasks: known, services: undefined, history: { most: 1 } });
}

/** What the guide says that Upstash knows. */
const known = (/^Upstash knows these:\n\n```\n([^`]+)```/m.exec(guide)?.[1] ?? "").trim().split(/\s+/);
/** What this file asks the server by itself. */
const OURS = /^(acl|config|ping)/;

test("whoever has the permissions that the guide states, and no others, can do all that docket does", async () => {
  const ran: string[] = [];
  const all = tasks(ran);
  const url = limited("plyr");
  await server.ask((redis) => redis.config("RESETSTAT"));
  const docket = await open(url, Object.values(all));
  const worker = docket.worker();
  try {
    // A lane, a strike, a pause and a rate are there before anybody works.
    await docket.addMany(all.serial, [1, 2, 3]);
    await docket.strike(all.plain, undefined, "for a while");
    await docket.add(all.plain, 1, { key: "struck" });
    await docket.pause("group", "1h", "for a while");
    await docket.addMany(all.rated, [1, 2, 3]);
    for (const n of [1, 2]) await docket.add(all.single, n, { key: String(n), priority: "high" });
    const cancelled = await docket.add(all.plain, 2, { delay: "1h" });
    await docket.add(all.plain, 3, { key: "later", delay: "1h" });
    await docket.replace(all.plain, 4, { key: "later", delay: "2h" });
    await docket.debounce(all.plain, 5, { key: "burst", quiet: "1h", longest: "2h" });
    await worker.start();
    await until("the lane is done", () => ran.filter((each) => each === "serial").length === 3);

    expect(await docket.cancel(cancelled.id)).toBe("cancelled");
    expect(await docket.wake(["later", "burst"])).toBe(2);
    expect((await docket.strikes()).length).toBe(1);
    expect(await docket.restore(all.plain)).toBe(true);
    expect((await docket.paused()).length).toBe(1);
    await docket.resume("group");
    await docket.add(all.failing, 1);
    const telling = await docket.add(all.telling, 1);
    expect(await telling.result()).toBe(2);
    expect(await docket.progress(telling.id)).toBeUndefined();
    await until("all has run", () => ran.filter((each) => each !== "serial").length === 10);

    const letter = await docket.add(all.dying, 1, { key: "dying" });
    await until("it has died", async () => (await docket.deadLetters()).length === 1);
    expect((await docket.find(["dying"])).get("dying")?.state).toBe("dead");
    expect(await docket.replay(letter.id)).toBe("replayed");
    await until("it has died again", async () => (await docket.deadLetters()).length === 1);
    expect(await docket.discard(letter.id)).toBe(true);

    expect((await docket.snapshot()).delayed).toBe(1);
    expect((await docket.tasks()).tasks.length).toBeGreaterThan(0);
    expect((await docket.workers()).length).toBe(1);
    expect((await docket.recent({ before: new Date(Date.now() + 60_000) })).length).toBe(1);
    expect(await docket.health()).toMatchObject({ reachable: true, evictionPolicy: "noeviction" });
  } finally {
    await worker.stop();
    await docket.close();
  }
  expect(ran.filter((each) => each === "perpetual")).toEqual(["perpetual"]);
  const seen = await server.ask((redis) => redis.info("commandstats"));
  const called = [...seen.matchAll(/^cmdstat_([^:|]+)/gm)].map(([, command = ""]) => command);
  expect(called.length).toBeGreaterThan(30);
  const unknown = called.filter((command) => !OURS.test(command) && !known.includes(command));
  expect(unknown, "commands that a hosted Redis may not know").toEqual([]);
  // Also what was refused without anybody telling.
  expect(await server.ask((redis) => redis.call("ACL", ["LOG"]))).toEqual([]);
});

test("the guide's line has every command that a script calls or a client sends, and none besides", () => {
  const folder = join(import.meta.dirname, "../../lua");
  const called = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".lua"))
    .flatMap((file) => [...readFileSync(join(folder, file), "utf8").matchAll(/redis\.call\("([A-Z]+)"/g)])
    .map(([, command = ""]) => command.toLowerCase());
  const sent = ["blpop", "eval", "evalsha", "info", "subscribe", "unsubscribe"];
  const permitted = line.filter((rule) => rule.startsWith("+")).map((rule) => rule.slice(1));
  expect(permitted).toEqual([...new Set([...called, ...sent])].toSorted());
  expect(
    permitted.filter((command) => !known.includes(command)),
    "commands that a hosted Redis may not know",
  ).toEqual([]);
});

test("where they lack one, docket is away for whoever asks, and tells which", async () => {
  await server.ask((redis) =>
    redis.call("ACL", ["SETUSER", "poor", "on", `>${PASSWORD}`, ...line.slice(5), "-time"]),
  );
  const all = tasks([]);
  const docket = await open(limited("poor"), Object.values(all));
  try {
    await expect(docket.add(all.plain, 1)).rejects.toThrow(StoreUnavailable);
    await expect(docket.add(all.plain, 1)).rejects.toThrow(
      "The user executing the script can't run this command",
    );
  } finally {
    await docket.close();
  }
});

test("with them, nobody reaches other keys, other channels, or the server itself", async () => {
  const redis = new Redis(limited("plyr"), { maxRetriesPerRequest: 0, retryStrategy: () => null });
  try {
    for (const attempt of [
      () => redis.hset("docket:{other}:bodies", "a", "b"),
      () => redis.eval("return redis.call('HSET', 'elsewhere', 'a', 'b')", 0),
      () => redis.subscribe("elsewhere"),
      () => redis.flushall(),
      () => redis.keys("*"),
      () => redis.config("GET", "requirepass"),
    ]) {
      await expect(attempt()).rejects.toThrow(/^NOPERM|^ERR The user executing the script can't access/);
    }
  } finally {
    redis.disconnect();
  }
});
