import { expect, test } from "vitest";
import { z } from "zod";
import { defineTask, Docket, StoreUnavailable } from "../src/index.js";
import type { Claim, Store } from "../src/store/store.js";
import { signal } from "./signal.js";
import { silent } from "../src/log.js";
import { until } from "./until.js";

/** The first call that gathers is carried out, and its answer is lost. */
function deafOnce(store: Store): Store {
  let deaf = true;
  const gather: Store["gather"] = async (request): Promise<readonly Claim[]> => {
    const claims = await store.gather(request);
    if (!deaf) return claims;
    deaf = false;
    throw new StoreUnavailable("the answer was lost");
  };
  return new Proxy(store, {
    get: (_, name): unknown => {
      if (name === "gather") return gather;
      const method: unknown = Reflect.get(store, name);
      return typeof method === "function"
        ? (...args: unknown[]) => Reflect.apply(method, store, args) as unknown
        : method;
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
  const docket = await Docket.open<undefined>({ ...options, through: deafOnce });
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
