import { randomUUID } from "node:crypto";
import { expect, inject, onTestFinished, test } from "vitest";
import { Desk, ids, LEASE, newTask } from "../desk.js";
import { prefixOf } from "../../src/store/redis/keys.js";
import { askRedis } from "../redis-server.js";

const limit = { most: 1, task: "task", key: randomUUID() };

/** A worker of a release that knows no limits ends what runs: the lease and the task go, and the place stays taken. */
async function endUnaware(desk: Desk, id: string): Promise<void> {
  const prefix = prefixOf(desk.name);
  await askRedis(desk.url, async (redis) => {
    await redis.zrem(`${prefix}leases`, id);
    for (const hash of ["bodies", "runs", "groups"]) await redis.hdel(`${prefix}${hash}`, id);
    await redis.hincrby(`${prefix}living`, "task", -1);
  });
}

test("a place whose run was ended by an earlier release's worker is free when its lease would have ended", async () => {
  const desk = new Desk("redis", inject("redisUrl"));
  onTestFinished(() => desk.close(false));
  await desk.store.add(["a", "b"].map((id) => newTask(id, { limit })));
  expect(ids(await desk.claim("w", 1))).toEqual(["a"]);
  expect(await desk.claim("w", 1)).toEqual([]);
  await endUnaware(desk, "a");
  expect((await desk.sleep("v", 1)).nextMs).toBe(LEASE);
  desk.clock.advance(LEASE);
  expect(ids(await desk.claim("w", 1))).toEqual(["b"]);
});

test("where nobody is held behind it, the next to come takes it at once", async () => {
  const desk = new Desk("redis", inject("redisUrl"));
  onTestFinished(() => desk.close(false));
  await desk.add("a", { limit });
  await desk.claim("w", 1);
  await endUnaware(desk, "a");
  await desk.add("b", { limit });
  expect(ids(await desk.claim("w", 1))).toEqual(["b"]);
});

/** Such a worker takes back what another lost: it goes to the front of the line, and nothing is known of its place. */
async function takeBackUnaware(desk: Desk, id: string): Promise<void> {
  const prefix = prefixOf(desk.name);
  await askRedis(desk.url, async (redis) => {
    await redis.zrem(`${prefix}leases`, id);
    await redis.hset(`${prefix}runs`, id, "1:1:1:");
    await redis.lpush(`${prefix}ready`, id);
  });
}

test("what an earlier release's worker took back has its place still, and goes before those that are held", async () => {
  const desk = new Desk("redis", inject("redisUrl"));
  onTestFinished(() => desk.close(false));
  await desk.store.add(["a", "b"].map((id) => newTask(id, { limit })));
  expect(ids(await desk.claim("w", 2))).toEqual(["a"]);
  await takeBackUnaware(desk, "a");
  const again = await desk.claimOne("v");
  expect(again.id).toBe("a");
  await desk.finish("v", again);
  expect(ids(await desk.claim("v", 1))).toEqual(["b"]);
});

/** Such a worker claims what it finds in line, and takes no place for it. */
async function claimUnaware(desk: Desk, all: readonly string[]): Promise<void> {
  const prefix = prefixOf(desk.name);
  const now = desk.clock.now();
  await askRedis(desk.url, async (redis) => {
    await redis.lpop(`${prefix}ready`, all.length);
    for (const id of all) {
      await redis.hset(`${prefix}runs`, id, `1:1:0:old#1@${String(now)}`);
      await redis.zadd(`${prefix}leases`, now + LEASE, id);
    }
  });
}

test("what an earlier release's worker had without a place, and lost, has none for that", async () => {
  const desk = new Desk("redis", inject("redisUrl"));
  onTestFinished(() => desk.close(false));
  await desk.store.add(["a", "b"].map((id) => newTask(id, { limit })));
  await claimUnaware(desk, ["a", "b"]);
  desk.clock.advance(LEASE);
  const again = await desk.claimOne("v");
  expect(again).toMatchObject({ id: "a", lost: 1 });
  await desk.finish("v", again);
  expect(ids(await desk.claim("v", 1))).toEqual(["b"]);
});

test("what is held by the claim that took the last place comes when the lease of that would have ended", async () => {
  const desk = new Desk("redis", inject("redisUrl"));
  onTestFinished(() => desk.close(false));
  await desk.store.add(["a", "b"].map((id) => newTask(id, { limit })));
  expect(ids(await desk.claim("w", 2))).toEqual(["a"]);
  await endUnaware(desk, "a");
  expect((await desk.sleep("v", 1)).nextMs).toBe(LEASE);
  desk.clock.advance(LEASE);
  expect(ids(await desk.claim("w", 1))).toEqual(["b"]);
});

test("what an earlier release left in line twice runs once", async () => {
  const desk = new Desk("redis", inject("redisUrl"));
  onTestFinished(() => desk.close(false));
  await desk.add("a", { priority: "high" });
  await askRedis(desk.url, (redis) => redis.rpush(`${prefixOf(desk.name)}ready`, "a"));
  expect(ids(await desk.claim("w", 1))).toEqual(["a"]);
  expect(await desk.claim("w", 9)).toEqual([]);
});
