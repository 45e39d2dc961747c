import { describe, expect } from "vitest";
import { type Docket, StoreUnavailable } from "../../src/index.js";
import { signal } from "../signal.js";
import { until } from "../until.js";
import { chore, type Chores } from "./chores.js";
import { test, type Harbour } from "./harbour.js";

/**
 * Adds chores one after the other, each again under its key until the store has it; goes on until
 * it is told to stop, so that no outage finds it done already.
 */
class Adder {
  readonly acknowledged: number[] = [];
  readonly refusals: { error: unknown; ms: number }[] = [];
  readonly #docket: Docket<Chores>;
  readonly #first: number;
  #stopped = false;

  constructor(docket: Docket<Chores>, first: number) {
    this.#docket = docket;
    this.#first = first;
  }

  async work(): Promise<void> {
    for (let n = this.#first; !this.#stopped; n += 1) {
      while (!(await this.#add(n)));
      this.acknowledged.push(n);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  async #add(n: number): Promise<boolean> {
    const began = performance.now();
    try {
      await this.#docket.add(chore, n, { key: String(n) });
      return true;
    } catch (error) {
      this.refusals.push({ error, ms: performance.now() - began });
      return false;
    }
  }
}

interface Crew {
  adders: Adder[];
  /** Has the adders stop, and waits until all that was acknowledged has run. */
  readonly finish: () => Promise<void>;
}

/** Two workers and two adders, each on a docket of its own, under way. */
async function crew(harbour: Harbour): Promise<Crew> {
  const ran = new Set<number>();
  const services = { run: (n: number) => Promise.resolve(ran.add(n)) };
  for (let at = 0; at < 2; at += 1) await harbour.worker(await harbour.open(services, [chore]));
  const adders: Adder[] = [];
  for (let at = 0; at < 2; at += 1) {
    adders.push(new Adder(await harbour.open(services, [chore]), at * 1_000_000));
  }
  const done = Promise.all(adders.map((adder) => adder.work()));
  const finish = async (): Promise<void> => {
    for (const adder of adders) adder.stop();
    await done;
    await until("all have run", () => ran.size === acknowledged(adders), 20_000);
    expect(adders.flatMap((adder) => adder.acknowledged).filter((n) => !ran.has(n))).toEqual([]);
  };
  return { adders, finish };
}

function expectTimelyRefusals(adders: readonly Adder[]): void {
  const refusals = adders.flatMap(({ refusals: list }) => list);
  expect(refusals.length).toBeGreaterThan(0);
  for (const { error, ms } of refusals) {
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(ms).toBeLessThan(1_500);
  }
}

const acknowledged = (adders: readonly Adder[]): number =>
  adders.reduce((sum, adder) => sum + adder.acknowledged.length, 0);

test.override("redisArgs", ["--appendonly", "yes", "--appendfsync", "always"]);

describe("adders and workers go on by themselves, and nothing that was acknowledged is lost,", () => {
  test("when Redis is killed and started again, twice", async ({ harbour }) => {
    const { adders, finish } = await crew(harbour);
    for (const round of [1, 2]) {
      await until("much is added", () => acknowledged(adders) > round * 400);
      const refused = adders.map(({ refusals }) => refusals.length);
      await harbour.server.kill();
      await until("both adders are refused", () =>
        adders.every(({ refusals }, at) => refusals.length > (refused[at] ?? 0)),
      );
      await harbour.server.restart();
    }
    await finish();
    expectTimelyRefusals(adders);
  });

  test("when Redis hangs for 3 s; what is added meanwhile fails in time", async ({ harbour }) => {
    const { adders, finish } = await crew(harbour);
    await until("much is added", () => acknowledged(adders) > 400);
    harbour.server.hang();
    const hung = performance.now();
    await until("3 s have passed", () => performance.now() - hung > 3_000);
    harbour.server.resume();
    await finish();
    expect(adders.every(({ refusals }) => refusals.length >= 2)).toBe(true);
    expectTimelyRefusals(adders);
  });

  test("when an idle worker slept through the outage: a task added after it runs at once", async ({
    harbour,
  }) => {
    const ran = new Set<number>();
    const services = { run: (n: number) => Promise.resolve(ran.add(n)) };
    await harbour.worker(await harbour.open(services, [chore]));
    const adder = await harbour.open(services, [chore]);
    await harbour.server.kill();
    await harbour.server.restart();
    const [waited] = await Promise.all([
      until("it is added", () => adder.add(chore, 1, { key: "1" })).then(() => performance.now()),
      until("it has run", () => ran.has(1)),
    ]);
    expect(performance.now() - waited).toBeLessThan(3_000);
  });

  test("when Redis isn't there yet as all start", async ({ harbour }) => {
    await harbour.server.kill();
    const ran = new Set<number>();
    const services = { run: (n: number) => Promise.resolve(ran.add(n)) };
    const docket = await harbour.open(services, [chore]);
    const starting = harbour.worker(docket);
    await expect(docket.add(chore, 1)).rejects.toThrow(StoreUnavailable);
    expect(await docket.health()).toEqual({
      reachable: false,
      evictionPolicy: undefined,
      version: undefined,
    });
    await harbour.server.restart();
    await starting;
    await until("it is added", () => docket.add(chore, 2, { key: "2" }));
    await until("it has run", () => ran.has(2));
    expect((await docket.health()).reachable).toBe(true);
  });
});

test("a run that outlasts the outage is settled after it, and isn't run twice", async ({ harbour }) => {
  const began = signal();
  const finish = signal();
  const ran: number[] = [];
  const run = async (n: number): Promise<void> => {
    began.resolve();
    await finish.promise;
    ran.push(n);
  };
  const docket = await harbour.open({ run }, [chore]);
  await harbour.worker(docket);
  await docket.add(chore, 7, { key: "7" });
  await began.promise;
  await harbour.server.kill();
  finish.resolve();
  await until("its work is done", () => ran.length === 1);
  await harbour.server.restart();
  await until("it is settled", async () => (await docket.find(["7"])).get("7")?.state === "unknown");
  expect(ran).toEqual([7]);
});

test("a worker can be stopped while Redis is away", async ({ harbour }) => {
  harbour.workersWereKilled = true; // it couldn't say goodbye
  const docket = await harbour.open({ run: () => Promise.resolve() }, [chore]);
  const worker = docket.worker();
  await worker.start();
  await harbour.server.kill();
  await worker.stop({ drain: 0 });
  await harbour.server.restart();
  expect(harbour.complaints.at(-1)).toMatch(/could not say goodbye/);
});

test("a docket that is closed refuses at once", async ({ harbour }) => {
  const docket = await harbour.open({ run: () => Promise.resolve() }, [chore]);
  await docket.add(chore, 1);
  await docket.close();
  await expect(docket.add(chore, 2)).rejects.toThrow("the docket is closed");
});

test("a worker whose line broke with a task on it goes on with the others", async ({ harbour }) => {
  const ran: number[] = [];
  const docket = await harbour.open({ run: (n: number) => Promise.resolve(ran.push(n)) }, [chore]);
  await harbour.worker(docket, 1);
  await docket.add(chore, 0);
  await until("it has run", () => ran.length === 1);
  const [worker] = (await docket.snapshot()).workers;
  const inbox = `docket:{${harbour.name}}:inbox:${worker?.worker ?? ""}`;
  await until("a task is lost on the line", async () => {
    await harbour.server.ask(async (redis) => {
      const readers = String(await redis.client("LIST"))
        .split("\n")
        .filter((line) => line.includes("cmd=blpop"));
      for (const reader of readers) await redis.client("KILL", "ID", /^id=(\d+)/.exec(reader)?.[1] ?? "");
    });
    await docket.add(chore, -1);
    return harbour.server.ask((redis) => redis.lpop(inbox));
  });
  await docket.add(chore, 1);
  await until("the next has run", () => ran.includes(1), 5_000);
});
