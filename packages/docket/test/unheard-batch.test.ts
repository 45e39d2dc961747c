import { expect, test } from "vitest";
import { z } from "zod";
import { defineTask, Docket, StoreUnavailable } from "../src/index.js";
import type { Claim, Store } from "../src/store/store.js";
import { MemoryStore } from "../src/store/memory/memory-store.js";
import { ManualClock } from "../src/testing/index.js";
import { Settler } from "../src/worker/settler.js";
import { newTask, only } from "./desk.js";
import { signal } from "./signal.js";
import { silent } from "../src/log.js";
import { until } from "./until.js";

/** The first call of this name is carried out, once it is to be, and its answer is lost. */
function deafOnce(store: Store, to: "gather" | "settle", isDeaf: () => boolean = () => true): Store {
  let heard = true;
  return new Proxy(store, {
    get: (_, name): unknown => {
      const method: unknown = Reflect.get(store, name);
      if (typeof method !== "function") return method;
      const call = (...args: unknown[]): unknown => Reflect.apply(method, store, args);
      if (name !== to || !heard || !isDeaf()) return call;
      heard = false;
      return async (...args: unknown[]): Promise<never> => {
        await call(...args);
        throw new StoreUnavailable("the answer was lost");
      };
    },
  });
}

test("what was gathered without being heard of goes back, and runs once", async () => {
  const ran: string[][] = [];
  const ended = signal();
  const write = defineTask<undefined>()({
    name: "write",
    payload: z.number(),
    batch: { most: 3, within: "10ms" },
    runBatch: (items) => {
      ran.push(items.map(({ payload, attempt }) => `${String(payload)}/${String(attempt)}`));
      if (ran.flat().length === 3) ended.resolve();
      return Promise.resolve();
    },
  });
  const options = { url: undefined, name: "unheard", tasks: [write], services: undefined, log: silent };
  const docket = await Docket.open<undefined>({
    ...options,
    through: (own: Store) => deafOnce(own, "gather"),
  });
  const worker = docket.worker();
  await worker.start();
  await docket.addMany(write, [1, 2, 3]);
  await ended.promise;
  expect(ran).toEqual([["1/1"], ["2/1", "3/1"]]);
  await until("all have ended", async () => (await docket.snapshot()).running === 0);
  expect((await docket.snapshot()).counts).not.toHaveProperty("recovered");
  await worker.stop();
  await docket.close();
});

test("what a call claimed unheard goes back, though others were to be gathered right after it", async () => {
  const store = new MemoryStore(new ManualClock());
  let deaf = false;
  const heard: Claim[] = [];
  const settler = new Settler(
    deafOnce(store, "settle", () => deaf),
    silent,
    {
      request: () => ({ worker: "w", want: 1, ahead: 0, sleepMs: 0, leaseMs: 10_000 }),
      settled: ({ claims }) => {
        heard.push(...claims);
      },
      begin: () => undefined,
    },
  );
  await store.hello({ worker: "w", tasks: ["task"], concurrency: 2, host: "here", pid: 1 });
  const batch = { most: 2, withinMs: 1_000, task: "task", of: "" };
  await store.add([newTask("a", { batch }), newTask("b", { batch }), newTask("c")]);
  await settler.now();
  const leader = only(heard.splice(0));
  deaf = true;
  const [unheard] = await Promise.allSettled([settler.now(), settler.gather(leader, 1)]);
  expect(unheard).toMatchObject({ status: "rejected" });
  await settler.now();
  expect(heard).toMatchObject([{ id: "c", delivery: 2, lost: 0 }]);
  settler.stop();
});
