import { expect, test } from "vitest";
import { z } from "zod";
import { defineTask, type Log } from "../src/index.js";
import { MemoryStore } from "../src/store/memory/memory-store.js";
import type { Settled, SettleRequest } from "../src/store/store.js";
import { Worker } from "../src/worker/worker.js";
import { newTask, ids } from "./desk.js";
import { signal } from "./signal.js";
import { until } from "./until.js";

/** A store whose first answer to a worker is long on its way. */
class LateStore extends MemoryStore {
  readonly carriedOut = signal();
  readonly arrives = signal();

  override async settle(request: SettleRequest): Promise<Settled> {
    const settled = await super.settle(request);
    if (request.worker === "quick" || request.call > 1) return settled;
    this.carriedOut.resolve();
    await this.arrives.promise;
    return settled;
  }
}

test("a claim whose answer was long on its way, as to a process that was stopped, isn't run where another may have it", async () => {
  const store = new LateStore();
  const ran: number[] = [];
  const logged: string[] = [];
  const task = defineTask<undefined>()({
    name: "task",
    payload: z.object({}),
    run: (_payload, { delivery }) => Promise.resolve(ran.push(delivery)),
  });
  const note = (_fields: object, message: string): void => void logged.push(message);
  const log: Log = { info: note, warn: note, error: note };
  const tools = {
    ...{ tasks: new Map([["task", task]]), services: undefined, log, trace: undefined },
    ...{ around: (run: () => Promise<unknown>) => run(), random: Math.random, deliveryCap: 5 },
  };
  const worker = new Worker(
    { store, clock: undefined, version: undefined, tools, seed: () => Promise.resolve() },
    { lease: "1s" },
  );
  await store.add([newTask("a")]);
  const started = worker.start();
  await store.carriedOut.promise;

  await store.hello({ worker: "quick", tasks: ["task"], concurrency: 1, host: "", pid: 0 });
  let call = 0;
  const rest = {
    ...{ settlements: [], want: 1, ahead: 0, received: 0, sleepMs: 0 },
    leaseMs: 60_000,
  } as const;
  const claims = await until("its lease has ended, and another has it", async () => {
    call += 1;
    const settled = await store.settle({ worker: "quick", call, answered: call - 1, ...rest });
    return settled.claims.length > 0 && settled.claims;
  });
  expect(ids(claims)).toEqual(["a"]);
  store.arrives.resolve();
  await started;
  await until("it knows", () => logged.includes("a task's lease was lost"));
  expect(ran).toEqual([]);
  await worker.stop({ drain: 0 });
  await store.close();
});
