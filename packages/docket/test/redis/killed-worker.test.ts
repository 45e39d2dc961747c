import { describe, expect } from "vitest";
import { until } from "../until.js";
import { Child } from "./children.js";
import { chore } from "./chores.js";
import { test, type Harbour } from "./harbour.js";

const CHORES = [1, 2, 3, 4, 5];
/** From the kill until all that the worker ran has begun again elsewhere. */
const WITHIN_MS = 15_000;

function orders({ server, name }: Harbour): Parameters<typeof Child.start>[0] {
  return { url: server.url, name, skewMs: 0, work: true };
}

async function timed(what: string, act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  const took = performance.now() - began;
  process.stdout.write(`${what}: ${(took / 1_000).toFixed(1)} s\n`);
  return took;
}

describe.concurrent("the tasks of a worker that is killed with SIGKILL run again within 15 s", () => {
  test("when a fresh worker comes", async ({ harbour }) => {
    harbour.workersWereKilled = true;
    const ran: number[] = [];
    const docket = await harbour.open({ run: (n: number) => Promise.resolve(ran.push(n)) }, [chore]);
    await using child = await Child.start(orders(harbour));
    await docket.addMany(chore, CHORES);
    await until("the child runs all", () => child.began.length === CHORES.length);
    await child.kill();
    const took = await timed("killed worker, fresh second worker: all begun again after", async () => {
      await harbour.worker(docket);
      await until("all have run", () => ran.length >= CHORES.length, WITHIN_MS + 5_000);
    });
    expect(took).toBeLessThanOrEqual(WITHIN_MS);
    expect(ran.sort()).toEqual(CHORES);
    expect((await docket.snapshot()).counts).toMatchObject({ recovered: CHORES.length });
  });

  test("when the only other worker had been idle all along", async ({ harbour }) => {
    harbour.workersWereKilled = true;
    const ran: number[] = [];
    const docket = await harbour.open({ run: (n: number) => Promise.resolve(ran.push(n)) }, [chore]);
    await harbour.worker(docket);
    await using child = await Child.start(orders(harbour));
    for (const n of CHORES) {
      await docket.add(chore, n);
      await until("the child runs it", () => child.began.includes(n));
    }
    expect(ran, "what the idle worker has run").toEqual([]);
    await child.kill();
    const took = await timed("killed worker, second worker idle all along: all begun again after", () =>
      until("all have run", () => ran.length >= CHORES.length, WITHIN_MS + 5_000),
    );
    expect(took).toBeLessThanOrEqual(WITHIN_MS);
    expect(ran.sort()).toEqual(CHORES);
  });

  test("also one that was on its way to it, added after the kill", async ({ harbour }) => {
    harbour.workersWereKilled = true;
    const ran: number[] = [];
    const docket = await harbour.open({ run: (n: number) => Promise.resolve(ran.push(n)) }, [chore]);
    await harbour.worker(docket);
    await using child = await Child.start(orders(harbour));
    await child.kill();
    const took = await timed("added after the kill, idle second worker: begun after", async () => {
      await docket.addMany(chore, CHORES);
      await until("all have run", () => ran.length >= CHORES.length, WITHIN_MS + 5_000);
    });
    expect(took).toBeLessThanOrEqual(WITHIN_MS);
    expect(ran.sort()).toEqual(CHORES);
  });
});
