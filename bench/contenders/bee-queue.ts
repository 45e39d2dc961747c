import BeeQueue from "bee-queue";
import { packageVersion } from "../versions.ts";
import type { Contender, Payload } from "./contender.ts";

/** Without what its settings offer to leave out where nobody listens or asks: events, handles of jobs, finished jobs. */
export const beeQueue: Contender = {
  name: "bee-queue",
  store: "redis",
  builtOn: () => `bee-queue ${packageVersion("bee-queue")}`,
  async open({ url, queue: name, handle }) {
    const { hostname: host, port } = new URL(url);
    const queue = new BeeQueue<Payload>(name, {
      redis: { host, port: Number(port) },
      getEvents: false,
      sendEvents: false,
      storeJobs: false,
      activateDelayedJobs: false,
      removeOnSuccess: true,
      removeOnFailure: true,
    });
    await queue.ready();
    return {
      add: async (payload) => {
        await queue.createJob(payload).save();
      },
      addBulk: async (payloads) => {
        const failed = await queue.saveAll(payloads.map((payload) => queue.createJob(payload)));
        for (const error of failed.values()) throw error;
      },
      work: (concurrency) => {
        queue.process(concurrency, ({ data }) => handle(data.n));
        // It stops with its queue only.
        return Promise.resolve(() => Promise.resolve());
      },
      close: () => queue.close(),
    };
  },
};
