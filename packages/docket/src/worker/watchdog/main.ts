// The thread of a watchdog: what it needs comes as a message, so that no credentials stand where others see them.
import { setTimeout as pause } from "node:timers/promises";
import { parentPort } from "node:worker_threads";
import { silent } from "../../log.js";
import type { Outpost } from "../../store/outpost.js";
import { Guard, type Lifeline, type Orders } from "./guard.js";
import { Table, type TableParts } from "./table.js";

/** A socket needs turns of the loop to close, and this thread sleeps without any afterwards. */
const CLOSING_MS = 50;

export interface ThreadData {
  readonly table: TableParts;
  readonly orders: Orders;
  readonly worker: string;
  readonly place: Outpost["place"];
}

async function main({ table, orders, worker, place }: ThreadData): Promise<void> {
  const open = async (): Promise<Lifeline> => {
    // Not before it is needed: what renews nothing stays small.
    const { RedisStore } = await import("../../store/redis/redis-store.js");
    const store = new RedisStore({ ...place, log: silent, clock: undefined });
    let told = 0;
    return {
      renew: async (held, leaseMs) => {
        try {
          return await store.renew(worker, held, leaseMs);
        } finally {
          const sent = Object.values<number>({ ...store.sent() }).reduce((sum, count) => sum + count, 0);
          parentPort?.postMessage(sent - told);
          told = sent;
        }
      },
      close: async () => {
        await store.close();
        await pause(CLOSING_MS);
      },
    };
  };
  await new Guard(new Table(table), orders, open).run();
}

parentPort?.once("message", (data: ThreadData) => {
  void main(data);
});
