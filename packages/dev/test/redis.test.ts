import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeCertificate, type Redis, startRedis } from "../src/index.js";
import { askRedis } from "../src/redis/ask.js";

describe("a Redis", () => {
  let redis: Redis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.close());
  const ask = (command: string): Promise<string> => askRedis(redis.port, command);

  test("never evicts, and keeps an append-only file that is flushed each second", async () => {
    const policy = await askRedis(
      redis.port,
      "INFO memory",
      (answer) => /maxmemory_policy:(\w+)/.exec(answer)?.[1],
    );
    expect(policy).toBe("noeviction");
    const aof = await askRedis(
      redis.port,
      "INFO persistence",
      (answer) => /aof_enabled:(\d)/.exec(answer)?.[1],
    );
    expect(aof).toBe("1");
  });

  test("keeps its keys through a restart, and loses them by flush", async () => {
    await ask("SET song lantern");
    await redis.restart();
    expect(await ask("EXISTS song")).toBe(":1");
    await redis.flush();
    expect(await ask("EXISTS song")).toBe(":0");
  });

  test("comes back on the same port after kill -9", async () => {
    const before = redis.pid;
    await redis.kill();
    await expect(ask("PING")).rejects.toThrow("ECONNREFUSED");
    await redis.restart();
    expect(await ask("PING")).toBe("+PONG");
    expect(redis.pid).not.toBe(before);
  });

  test("accepts connections and answers nothing while paused", async () => {
    redis.pause();
    await expect(ask("PING")).rejects.toThrow("did not answer");
    redis.resume();
    expect(await ask("PING")).toBe("+PONG");
  });
});

test("two Redis don't meet, and a closed one is gone with its folder", async () => {
  const [one, other] = await Promise.all([startRedis(), startRedis({ persistent: false })]);
  try {
    await askRedis(one.port, "SET mine 1");
    expect(await askRedis(other.port, "EXISTS mine")).toBe(":0");
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
  expect(existsSync(one.dir)).toBe(false);
  await expect(askRedis(one.port, "PING")).rejects.toThrow("ECONNREFUSED");
});

test("a Redis that can't start says what it wrote", async () => {
  await expect(startRedis({ args: ["--maxmemory-policy", "none-such"] })).rejects.toThrow("none-such");
});

test("a Redis with a password and TLS is asked, restarted and flushed as any", async () => {
  const folder = mkdtempSync(join(tmpdir(), "plyr-redis-tls-"));
  const redis = await startRedis({ tls: makeCertificate(folder, ["localhost"]), password: "secret1" });
  try {
    expect(redis.url).toBe(`redis://:secret1@127.0.0.1:${String(redis.port)}`);
    expect(redis.secureUrl).toMatch(/^rediss:\/\/:secret1@localhost:\d+$/);
    expect(await redis.ask("SET song lantern")).toBe("+OK");
    await redis.restart();
    expect(await redis.ask("EXISTS song")).toBe(":1");
    await redis.flush();
    expect(await redis.ask("EXISTS song")).toBe(":0");
    expect(await askRedis(redis.port, "PING")).toContain("NOAUTH");
  } finally {
    await redis.close();
    rmSync(folder, { recursive: true });
  }
});
