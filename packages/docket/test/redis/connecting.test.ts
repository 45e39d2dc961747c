import { inspect } from "node:util";
import { expect } from "vitest";
import { Docket, StoreUnavailable } from "../../src/index.js";
import { RedisServer } from "../redis-server.js";
import { matching } from "../matching.js";
import { until } from "../until.js";
import { chore } from "./chores.js";
import { test } from "./harbour.js";

test("health tells the version and an eviction policy that could lose tasks", async ({ harbour }) => {
  const docket = await harbour.open({ run: () => Promise.resolve() }, [chore]);
  expect(await docket.health()).toEqual({
    reachable: true,
    evictionPolicy: "noeviction",
    version: matching(/^\d+\.\d+/),
  });
  await harbour.server.ask((redis) => redis.config("SET", "maxmemory-policy", "allkeys-lru"));
  expect((await docket.health()).evictionPolicy).toBe("allkeys-lru");
  await harbour.server.ask((redis) => redis.config("SET", "maxmemory-policy", "noeviction"));
});

test.for(["unix://", "unix:"])("a Unix socket will do (%s)", async (scheme, { harbour }) => {
  const ran: number[] = [];
  const services = { run: (n: number): Promise<unknown> => Promise.resolve(ran.push(n)) };
  const docket = await harbour.open(services, [chore], { url: `${scheme}${harbour.server.socketPath}` });
  await harbour.worker(docket);
  await docket.add(chore, 1);
  await until("it has run", () => ran.length === 1);
});

test("a Unix socket takes a user, a password and a database", async ({ harbour }) => {
  await using server = await RedisServer.start(["--user", "plyr", "on", ">it's #1", "~*", "&*", "+@all"]);
  const url = `unix://plyr:${encodeURIComponent("it's #1")}@${server.socketPath}?db=3`;
  const docket = await harbour.open({ run: () => Promise.resolve() }, [chore], { url });
  await docket.add(chore, 1);
  expect(await server.ask((redis) => redis.info("keyspace"))).toMatch(/^db3:keys=/m);
  const guess = await harbour.open({ run: () => Promise.resolve() }, [chore], {
    url: `unix://plyr:guess@${server.socketPath}`,
  });
  await expect(guess.add(chore, 1)).rejects.toThrow(StoreUnavailable);
});

test.for([
  "redis:///nowhere",
  "http://127.0.0.1:6379",
  "unix://relative/path",
  "redis+sentinel://127.0.0.1:26379",
  "redis+sentinel:///name",
  "redis+sentinel://127.0.0.1:0/name",
  "redis+cluster://127.0.0.1:7000,127.0.0.1:99999",
  "redis+cluster://127.0.0.1:7000/name",
  "redis+other://127.0.0.1:7000",
])("%s is no url of a store, and is refused without being told", async (url) => {
  const refusal: unknown = await Docket.open({ url, tasks: [], services: undefined }).catch(
    (error: unknown) => error,
  );
  expect(refusal).toBeInstanceOf(RangeError);
  expect(String(refusal)).not.toContain(url.slice(8));
});

test("a password in the url is used; one that is wrong makes the store unavailable, and stands in no line and no error", async ({
  harbour,
}) => {
  const services = { run: (): Promise<void> => Promise.resolve() };
  await using server = await RedisServer.start(["--user", "plyr", "on", ">secret", "~*", "&*", "+@all"]);
  const at = (secret: string): string => `redis://plyr:${secret}@127.0.0.1:${String(server.port)}`;
  const right = await harbour.open(services, [chore], { url: at("secret") });
  await right.add(chore, 1);
  expect((await right.snapshot()).waiting).toBe(1);
  const told: unknown[] = [];
  const tell = (fields: object): void => {
    told.push(fields);
  };
  const log = { info: tell, warn: tell, error: tell };
  const wrong = await harbour.open(services, [chore], { url: at("guess"), log });
  const refusal: unknown = await wrong.add(chore, 2).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(StoreUnavailable);
  expect(told.length).toBeGreaterThan(0);
  expect(inspect([told, refusal], { depth: Infinity })).not.toContain("guess");
  expect((await right.snapshot()).waiting).toBe(1);
});
