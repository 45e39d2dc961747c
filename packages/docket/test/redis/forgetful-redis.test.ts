import { expect } from "vitest";
import { silent } from "../../src/log.js";
import { RedisStore } from "../../src/store/redis/redis-store.js";
import type { Scripts } from "../../src/store/redis/scripts.js";
import { newTask } from "../desk.js";
import { matching } from "../matching.js";
import { signal } from "../signal.js";
import { until } from "../until.js";
import { chore } from "./chores.js";
import { test } from "./harbour.js";

test("a Redis that is emptied under idle workers: a task added afterwards runs within 2 s", async ({
  harbour,
}) => {
  const ran: number[] = [];
  const docket = await harbour.open({ run: (n: number) => Promise.resolve(ran.push(n)) }, [chore]);
  await harbour.worker(docket);
  await harbour.worker(docket);
  for (const round of [1, 2]) {
    await harbour.server.ask((redis) => redis.flushall());
    const added = performance.now();
    await docket.add(chore, round);
    await until("it has run", () => ran.length === round);
    expect(performance.now() - added).toBeLessThan(2_000);
    await until("a worker is known again", async () => (await docket.snapshot()).workers.length > 0);
  }
});

test("a Redis that is emptied under a working worker: its run ends in peace, and the next task runs", async ({
  harbour,
}) => {
  const ran: number[] = [];
  const began = signal();
  const finish = signal();
  const run = async (n: number): Promise<void> => {
    began.resolve();
    await finish.promise;
    ran.push(n);
  };
  const docket = await harbour.open({ run }, [chore]);
  await harbour.worker(docket, 1);
  await docket.add(chore, 1);
  await began.promise;
  await harbour.server.ask((redis) => redis.flushall());
  await docket.add(chore, 2);
  finish.resolve();
  await until("both have run", () => ran.length === 2);
  expect(ran).toEqual([1, 2]);
});

test("a Redis that has lost its scripts is given them again, on every path", async ({ harbour }) => {
  const { server, name } = harbour;
  const store = new RedisStore({
    server: { url: server.url, ca: undefined },
    name,
    log: silent,
    clock: undefined,
  });
  const worker = "w";
  const request = {
    worker,
    call: 1,
    answered: 0,
    settlements: [],
    want: 1,
    ahead: 0,
    sleepMs: 0,
    leaseMs: 10_000,
  } as const;
  const paths: Record<keyof Scripts, () => Promise<unknown>> = {
    hello: () => store.hello({ worker, tasks: ["task"], concurrency: 1, host: "", pid: 0 }),
    add: () => store.add([newTask("a", { key: "k" })]),
    replace: () => store.replace(newTask("b", { key: "k" })),
    find: () => store.find(["k"]),
    wake: () => store.wake(["k"]),
    pause: () => store.pause(["g"], { kind: "in", ms: 1 }, "because"),
    resume: () => store.resume(["g"]),
    paused: () => store.paused(),
    strike: () => store.strike({ task: "task", where: "" }, "because"),
    strikes: () => store.strikes(),
    restore: () => store.restore({ task: "task", where: "" }),
    settle: () => store.settle(request),
    gather: () =>
      store.gather({ worker, call: 1, leader: { id: "a", delivery: 1 }, most: 1, leaseMs: 10_000 }),
    renew: () => store.renew(worker, [{ id: "a", delivery: 1 }], 10_000),
    outcome: () => store.end("a"),
    report: () => store.report(worker, { id: "a", delivery: 1 }, "{}"),
    progress: () => store.progress("a"),
    cancel: () => store.cancel("a"),
    letters: () => store.letters(9, 0),
    recent: () => store.recent({ most: 9 }),
    replay: () => store.replay("a"),
    discard: () => store.discard("a"),
    snapshot: () => store.snapshot(),
    tasks: () => store.overview(5),
    // Called by none of these: see strange-keys.test.ts.
    mend: () => Promise.resolve(),
    bye: () => store.bye(worker),
  };
  try {
    for (const [name, path] of Object.entries(paths)) {
      await server.ask((redis) => redis.script("FLUSH"));
      await expect(path(), name).resolves.not.toThrow();
    }
  } finally {
    await store.close();
  }
});

test("a Redis that loses its scripts under adders and workers: all runs, once", async ({ harbour }) => {
  const ran: number[] = [];
  const docket = await harbour.open({ run: (n: number) => Promise.resolve(ran.push(n)) }, [chore]);
  await harbour.worker(docket);
  for (let n = 1; n <= 20; n += 1) {
    await harbour.server.ask((redis) => redis.script("FLUSH"));
    await docket.add(chore, n);
    await until("it has run", () => ran.length === n);
  }
  expect(ran).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
});

test("a layout of another version is refused, and left as it is", async ({ harbour }) => {
  const { server, name } = harbour;
  const meta = `docket:{${name}}:meta`;
  const leases = `docket:{${name}}:leases`;
  await server.ask((redis) => redis.hset(meta, "layout", "999"));
  await server.ask((redis) => redis.zadd(leases, "1", "of another layout"));
  const docket = await harbour.open({ run: () => Promise.resolve() }, [chore]);
  const worker = docket.worker();
  const refusal = await worker.start().catch((error: unknown) => error);
  expect(refusal).toMatchObject({
    name: "IncompatibleStore",
    message: matching(/layout 999, and this version reads 1/),
  });
  await worker.stop();
  const keys = await server.ask((redis) => redis.keys(`docket:{${name}}:*`));
  expect(keys.sort()).toEqual([leases, meta]);
  expect(await server.ask((redis) => redis.zrange(leases, "0", "-1"))).toEqual(["of another layout"]);
  await server.ask((redis) => redis.del(meta, leases));
});
