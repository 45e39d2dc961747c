import { inspect } from "node:util";
import { expect } from "vitest";
import { StoreUnavailable } from "../../src/index.js";
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

test("a Unix socket will do", async ({ harbour }) => {
  const ran: number[] = [];
  const services = { run: (n: number): Promise<unknown> => Promise.resolve(ran.push(n)) };
  const docket = await harbour.open(services, [chore], { url: `unix://${harbour.server.socketPath}` });
  await harbour.worker(docket);
  await docket.add(chore, 1);
  await until("it has run", () => ran.length === 1);
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

test("a node of a cluster will do that has the one slot in which all keys of a docket are", async ({
  harbour,
}) => {
  await using node = await RedisServer.start(["--cluster-enabled", "yes"]);
  await node.ask((redis) => redis.call("CLUSTER", ["ADDSLOTSRANGE", "0", "16383"]));
  await until("it serves", async () =>
    (await node.ask((redis) => redis.cluster("INFO"))).includes("state:ok"),
  );
  const ran: number[] = [];
  const services = { run: (n: number): Promise<unknown> => Promise.resolve(ran.push(n)) };
  const docket = await harbour.open(services, [chore], { url: node.url });
  await harbour.worker(docket);
  await docket.addMany(chore, [1, 2]);
  await until("both have run", () => ran.length === 2);

  const slot = await node.ask((redis) => redis.cluster("KEYSLOT", `docket:{${harbour.name}}:ready`));
  await node.ask((redis) => redis.call("CLUSTER", ["DELSLOTS", String(slot)]));
  await expect(docket.add(chore, 3)).rejects.toThrow("CLUSTERDOWN");
});
