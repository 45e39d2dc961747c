import { describe, expect } from "vitest";
import { z } from "zod";
import { defineTask, type Task } from "../../src/index.js";
import { KEYS, PREFIXES, prefixOf, TYPES } from "../../src/store/redis/keys.js";
import { until } from "../until.js";
import { test, type Harbour } from "./harbour.js";

interface Ran {
  ran(n: number): void;
}

const payload = z.number();
const run = (n: number, { services }: { services: Ran }): Promise<void> => {
  services.ran(n);
  return Promise.resolve();
};
const plain: Task<number, Ran> = defineTask<Ran>()({ name: "plain", payload, run });
const serial: Task<number, Ran> = defineTask<Ran>()({ name: "serial", payload, serial: () => "s", run });
const rated: Task<number, Ran> = defineTask<Ran>()({
  ...{ name: "rated", payload, run },
  group: () => "g",
  rate: { limit: 100, per: "1m" },
});
const ALL = [plain, serial, rated];

/** A docket in which something of each kind waits; none of it is done. */
async function laden(harbour: Harbour) {
  const ran: number[] = [];
  const docket = await harbour.open<Ran>({ ran: (n) => void ran.push(n) }, ALL, { history: {} });
  await docket.pause("g", "1h", "later");
  await docket.add(plain, 1, { key: "one" });
  await docket.addMany(serial, [2, 3, 4]);
  await docket.add(rated, 5);
  await docket.add(plain, 6, { delay: "1h", key: "six" });
  return { docket, ran };
}

/** Does all that a docket does, and looks that nothing is missing but what `lost` says. */
async function goesOn(harbour: Harbour, { docket, ran }: Awaited<ReturnType<typeof laden>>, lost: number[]) {
  // A claim whose call was broken off runs when its lease has ended.
  const worker = docket.worker({ concurrency: 2, lease: "1s" });
  await worker.start();
  await docket.add(plain, 7);
  await docket.add(serial, 8);
  await docket.add(rated, 9);
  await docket.resume("g");
  await docket.wake(["six"]);
  await docket.strike(plain, { never: true });
  await docket.restore(plain, { never: true });
  const all = [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((n) => !lost.includes(n));
  await until(`all has run (${ran.join()})`, () => all.every((n) => ran.includes(n)));
  await until("all is told", async () => (await docket.snapshot()).running === 0);
  expect(ran.toSorted((a, b) => a - b)).toEqual(all);
  expect(ran.filter((n) => [2, 3, 4, 8].includes(n))).toEqual([2, 3, 4, 8].filter((n) => !lost.includes(n)));
  await docket.paused();
  await docket.strikes();
  await docket.tasks();
  await docket.deadLetters();
  expect(await docket.recent()).not.toEqual([]);
  await docket.find(["one"]);
  await worker.stop();
}

const wrong = (type: string): string[] => (type === "list" ? ["SADD", "odd"] : ["RPUSH", "odd"]);

const types = new Map(Object.entries(TYPES));
const singles = Object.entries(KEYS)
  .filter(([variable]) => !["meta", "strange"].includes(variable))
  .map(([variable, key]) => ({ key, type: types.get(variable) ?? "" }));
const ofMany = [
  { key: `${PREFIXES.lane}s`, type: TYPES.lane },
  { key: `${PREFIXES.held}p\tg`, type: TYPES.held },
  { key: `${PREFIXES.starts}r\trated\tg`, type: TYPES.starts },
  { key: `${PREFIXES.skills}plain`, type: TYPES.skills },
  { key: `${PREFIXES.minute}${String(Math.floor(Date.now() / 60_000))}`, type: TYPES.minute },
];
/** What can't be found anywhere else: it was there, or what says where the rest is. */
const LOST: Readonly<Record<string, number[]>> = { bodies: [1, 2, 3, 4, 5, 6], schedule: [] };

describe("a key of another type where docket has its own", () => {
  test.for([...singles, ...ofMany])(
    "($key) is set aside, and work goes on",
    async ({ key, type }, { harbour }) => {
      const there = await laden(harbour);
      const at = `${prefixOf(harbour.name)}${key}`;
      const [command = "", value = ""] = wrong(type);
      await harbour.server.ask(async (redis) => {
        await redis.del(at);
        await redis.call(command, [at, value]);
      });
      await goesOn(harbour, there, LOST[key] ?? []);
      await clear(harbour);
    },
  );
});

test("what is set aside is counted, logged and kept for a while", async ({ harbour }) => {
  const { docket } = await laden(harbour);
  const prefix = prefixOf(harbour.name);
  await harbour.server.ask(async (redis) => {
    await redis.del(`${prefix}schedule`);
    await redis.set(`${prefix}schedule`, "a stranger's");
    await redis.hset(`${prefix}counts`, "dead", "many");
  });
  expect((await docket.snapshot()).counts).toEqual({ strange: 2 });
  expect(harbour.complaints).toEqual([
    "what isn't docket's lay under its keys, and is set aside: find out who writes there",
  ]);
  await harbour.server.ask(async (redis) => {
    expect(await redis.get(`${prefix}strange:schedule`)).toBe("a stranger's");
    expect(await redis.hgetall(`${prefix}strange`)).toEqual({ "counts\tdead": "many" });
  });
  await clear(harbour);
});

describe("a value that docket can't read", () => {
  test.for([
    "runs",
    "groups",
    "paused",
    "strikes",
    "slots",
    "assigned",
    "infos",
    "seen",
    "living",
    "counts",
    "followers",
    "lanes",
    "keys",
    "letters",
    "results",
    "history",
  ] as const)("in %s is set aside or passed over, and work goes on", async (key, { harbour }) => {
    const there = await laden(harbour);
    const { docket } = there;
    const prefix = prefixOf(harbour.name);
    await harbour.server.ask(async (redis) => {
      for (const [id] of Object.entries(await redis.hgetall(`${prefix}bodies`)))
        if (key === "runs" || key === "groups") await redis.hset(`${prefix}${key}`, id, "garbage");
      const ours = ["plain", "g", "one", "s", "w"];
      // A strike is what its field says; one that stands is obeyed.
      const fields = key === "strikes" ? ["nobody", "plain\tno JSON"] : ours;
      for (const field of [...fields, "x".repeat(1_000_000)])
        if (key !== "keys" && (key !== "lanes" || field !== "s"))
          await redis.hset(`${prefix}${key}`, field, "garbage");
      if (key === "infos")
        await redis.zadd(`${prefix}workers`, "1", "w", "9999999999999", "x".repeat(1_000_000));
      if (key === "letters") await redis.zadd(`${prefix}dead`, "1", "one", "2", "nobody");
      if (key === "history") await redis.zadd(`${prefix}history-times`, "9999999999999", "g", "1", "nobody");
    });
    await goesOn(harbour, there, []);
    for (const { id } of await docket.deadLetters()) expect(await docket.discard(id)).toBe(true);
    await clear(harbour);
  });

  test("in lists and sets of ids is passed over", async ({ harbour }) => {
    const there = await laden(harbour);
    const prefix = prefixOf(harbour.name);
    await harbour.server.ask(async (redis) => {
      for (const key of ["leases", "schedule"])
        await redis.zadd(`${prefix}${key}`, "1", "garbage", "2", "x".repeat(1_000_000));
      await redis.lpush(`${prefix}ready`, "garbage", "x".repeat(1_000_000));
      await redis.zadd(`${prefix}gates`, "1", "garbage");
    });
    await goesOn(harbour, there, []);
  });
});

/** What a stranger left isn't docket's to clear away. */
async function clear({ server, name }: Harbour): Promise<void> {
  const strange = await server.ask((redis) => redis.keys(`${prefixOf(name)}strange*`));
  for (const key of strange) expect(await server.ask((redis) => redis.pttl(key))).toBeGreaterThan(0);
  await server.ask(async (redis) => {
    const keep = ["meta", "counts", "bell"].map((key) => `${prefixOf(name)}${key}`);
    for (const key of await redis.keys(`${prefixOf(name)}*`)) if (!keep.includes(key)) await redis.del(key);
  });
}
