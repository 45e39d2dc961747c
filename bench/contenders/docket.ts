import { defineTask, Docket } from "@plyr/docket";
import { z } from "zod";
import { packageVersion } from "../machine.ts";
import type { Contender } from "./contender.ts";

interface Services {
  readonly handle: (n: number) => Promise<void>;
}

const count = defineTask<Services>()({
  name: "bench.count",
  payload: z.object({ n: z.number() }),
  run: ({ n }, { services }) => services.handle(n),
});

export const docket: Contender = {
  name: "docket",
  builtOn: () => `@plyr/docket ${packageVersion("@plyr/docket")}`,
  async open(url, queue, handle) {
    const opened = await Docket.open<Services>({ url, name: queue, tasks: [count], services: { handle } });
    return {
      add: async (n) => {
        await opened.add(count, { n });
      },
      addBulk: async (ns) => {
        await opened.addMany(
          count,
          ns.map((n) => ({ n })),
        );
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
