import { expect } from "vitest";
import { z } from "zod";
import { defineTask, type Docket, type EndedTask } from "../../src/index.js";
import { prefixOf } from "../../src/store/redis/keys.js";
import { readRetention } from "../../src/store/retention.js";
import { until } from "../until.js";
import { test, type Harbour } from "./harbour.js";
import { Monitor } from "./monitor.js";

const HOUR = 3_600_000;
const history = { keep: "1h", most: 10_000 } as const;

const note = defineTask<undefined>()({
  name: "note",
  payload: z.object({ n: z.number(), secret: z.string().optional() }),
  run: () => Promise.resolve(),
});

/** Has these be done, as one who keeps a history. */
async function done(docket: Docket<undefined>, ...keys: string[]): Promise<void> {
  for (const key of keys) {
    await docket.add(note, { n: 1, secret: "not to be told" }, { key });
    await docket.worker().runUntilIdle();
  }
}

const keyOf = ({ name }: Harbour, key: string): string => `${prefixOf(name)}${key}`;
const keys = (ends: readonly EndedTask[]): unknown[] => ends.map(({ key }) => key);

test("goes by itself after its time, is prolonged as others end, and drops what is too old", async ({
  harbour,
}) => {
  const docket = await harbour.open(undefined, [note], { history });
  await done(docket, "old", "new");
  const [entries, times] = [keyOf(harbour, "history"), keyOf(harbour, "history-times")];
  const { id = "" } = (await docket.recent({ key: "old" }))[0] ?? {};
  await harbour.server.ask(async (redis) => {
    for (const key of [entries, times]) {
      const left = await redis.pttl(key);
      expect(left).toBeGreaterThan(HOUR + 60_000);
      expect(left).toBeLessThanOrEqual(HOUR + 120_000);
      // As if a minute had passed.
      await redis.pexpire(key, left - 60_000);
    }
    await redis.zadd(times, String(Date.now() - HOUR - 1), id);
  });
  expect(keys(await docket.recent())).toEqual(["new"]);
  await done(docket, "newest");
  await harbour.server.ask(async (redis) => {
    for (const key of [entries, times]) expect(await redis.pttl(key)).toBeGreaterThan(HOUR + 60_000);
    expect(await redis.zcard(times)).toBe(2);
    expect(await redis.hlen(entries)).toBe(2);
    expect(await redis.hexists(entries, id)).toBe(0);
    const all = JSON.stringify(await redis.hgetall(entries));
    expect(all).toContain("note");
    expect(all).not.toContain("secret");
    expect(all).not.toContain("told");
  });
});

test("that has lost its times begins anew, so that nothing of it stays for good", async ({ harbour }) => {
  const docket = await harbour.open(undefined, [note], { history });
  await done(docket, "a", "b");
  await harbour.server.ask((redis) => redis.del(keyOf(harbour, "history-times")));
  expect(await docket.recent()).toEqual([]);
  await done(docket, "c");
  expect(keys(await docket.recent())).toEqual(["c"]);
  expect(await harbour.server.ask((redis) => redis.hlen(keyOf(harbour, "history")))).toBe(1);
});

test("has what those processes ended that keep it, and is read by any", async ({ harbour }) => {
  const [keeps, doesNot] = [
    await harbour.open(undefined, [note], { history }),
    await harbour.open(undefined, [note]),
  ];
  await done(keeps, "kept");
  await done(doesNot, "not kept");
  const cancelled = await doesNot.add(note, { n: 1 }, { delay: "1h" });
  await cancelled.cancel();
  expect(keys(await doesNot.recent())).toEqual(["kept"]);
  expect(keys(await keeps.recent())).toEqual(["kept"]);
});

test("is read a thousand at a time, however far back lies what is asked for", async ({ harbour }) => {
  const docket = await harbour.open(undefined, [note], { history });
  await done(docket, "far back");
  await docket.addMany(
    note,
    Array.from({ length: 2_500 }, (_, n) => ({ n })),
  );
  await docket.worker({ concurrency: 100 }).runUntilIdle();
  await until("all is told", async () => (await docket.snapshot()).running === 0);
  const [found] = await docket.recent({ key: "far back" });
  await using monitor = await Monitor.start(harbour.server.url, readRetention({ history }));
  await monitor.taken();
  expect(await docket.recent({ key: "far back" })).toEqual([found]);
  expect(await monitor.taken()).toEqual(["recent", "recent", "recent"]);
  expect(await docket.recent({ id: found?.id })).toEqual([found]);
  expect(await monitor.taken()).toEqual(["recent"]);
  expect(keys(await docket.recent({ before: found }))).toEqual([]);
});
