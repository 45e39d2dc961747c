import { describe, expect } from "vitest";
import { Docket, StoreUnavailable } from "../../src/index.js";
import { matching } from "../matching.js";
import { RedisServer } from "../redis-server.js";
import { signal } from "../signal.js";
import { until } from "../until.js";
import { chore } from "./chores.js";
import { test } from "./harbour.js";
import { Relay } from "./relay.js";

describe("a Redis without room for more", () => {
  test("(maxmemory, noeviction) refuses what is added, and what it has is done all the same; with room again it takes more", async ({
    harbour,
  }) => {
    const ran: number[] = [];
    const underway = signal();
    const go = signal();
    const docket = await harbour.open(
      {
        run: async (n: number) => {
          if (n === 1) {
            underway.resolve();
            await go.promise;
          }
          ran.push(n);
        },
      },
      [chore],
    );
    await harbour.worker(docket, 1);
    await docket.add(chore, 1);
    await underway.promise;
    await docket.add(chore, 2, { key: "two" });
    const limit = (bytes: number) =>
      harbour.server.ask((redis) => redis.config("SET", "maxmemory", String(bytes)));
    await limit(1);
    try {
      await expect(docket.add(chore, 3)).rejects.toThrow(StoreUnavailable);
      await expect(docket.add(chore, 3)).rejects.toThrow(/OOM/);
      expect(await docket.snapshot()).toMatchObject({ running: 1, waiting: 1 });
      go.resolve();
      // What is there can be finished, and makes room.
      await until("all that was there has run", () => ran.length === 2);
      await until("its worker has said so", async () => (await docket.snapshot()).running === 0);
    } finally {
      await limit(0);
    }
    await docket.add(chore, 3);
    await until("that has run, too", () => ran.length === 3);
    expect(ran).toEqual([1, 2, 3]);
  });

  test("on its disk refuses what is added, and takes it once there is some; what it took outlives it", async () => {
    await using server = await RedisServer.start(["--appendonly", "yes", "--appendfsync", "everysec"]);
    await using stack = new AsyncDisposableStack();
    const ran: number[] = [];
    const open = async () => {
      const services = { run: (n: number) => Promise.resolve(ran.push(n)) };
      const docket = await Docket.open({ url: server.url, tasks: [chore], services });
      stack.defer(() => docket.close());
      return docket;
    };
    const docket = await open();
    let added = 0;
    const add = async () => {
      await docket.add(chore, added + 1);
      return (added += 1);
    };
    await add();
    server.limitFiles(1);
    const refusal = await until("it is refused", () =>
      add().then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    expect(refusal).toBeInstanceOf(StoreUnavailable);
    expect(refusal).toHaveProperty("message", matching(/MISCONF/));
    server.limitFiles("unlimited");
    await until("it is taken", add);
    await until("it is on the disk", async () =>
      (await persistence(server)).includes("aof_pending_bio_fsync:0"),
    );
    await server.restart();
    const worker = (await open()).worker();
    stack.defer(() => worker.stop());
    await worker.start();
    await until("all has run", () => ran.length === added);
    expect(ran.toSorted((a, b) => a - b)).toEqual(Array.from({ length: added }, (_, at) => at + 1));
  });
});

const persistence = (server: RedisServer) => server.ask((redis) => redis.info("persistence"));

describe("a quota that is used up, in the words of a host that counts commands", () => {
  test.for([
    "ERR DB capacity quota exceeded",
    "ERR max daily request limit exceeded. Limit: 10000, Usage: 10000.",
    "ERR max requests limit exceeded. Limit: 500000, Usage: 500000.",
  ])("(%s) makes docket unavailable, as if it were away", async (words, { harbour }) => {
    await using relay = await Relay.to(harbour.server.port);
    const docket = await harbour.open({ run: () => Promise.resolve() }, [chore], { url: relay.url });
    await docket.snapshot();
    relay.refuseWith(words);
    const refusal = await docket.add(chore, 1).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(StoreUnavailable);
    expect(String(refusal)).toContain(words);
  });
});
