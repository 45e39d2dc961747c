import { defineTask, Docket } from "@plyr/docket";
import { z } from "zod";
import { packageVersion } from "../versions.ts";
import type { Contender } from "./contender.ts";

interface Services {
  readonly handle: (n: number) => Promise<void>;
}

const count = defineTask<Services>()({
  name: "bench.count",
  payload: z.object({ n: z.number(), text: z.string().optional() }),
  run: ({ n }, { services }) => services.handle(n),
});

export const docket: Contender = {
  name: "docket",
  store: "redis",
  builtOn: () => `@plyr/docket ${packageVersion("@plyr/docket")}, ioredis ${packageVersion("ioredis")}`,
  async open({ url, queue, handle }) {
    const opened = await Docket.open<Services>({ url, name: queue, tasks: [count], services: { handle } });
    return {
      add: async (payload) => {
        await opened.add(count, payload);
      },
      addBulk: async (payloads) => {
        await opened.addMany(count, payloads);
      },
      work: async (concurrency) => {
        const worker = opened.worker({ concurrency });
        await worker.start();
        return () => worker.stop();
      },
      close: () => opened.close(),
    };
  },
};
