import { defineTask, Docket, type DocketOptions } from "@plyr/docket";
import { z } from "zod";
import { packageVersion } from "../versions.ts";
import type { Contender, Opening, Queue } from "./contender.ts";

interface Services {
  readonly handle: (n: number) => Promise<void>;
}

const count = defineTask<Services>()({
  name: "bench.count",
  payload: z.object({ n: z.number(), text: z.string().optional() }),
  run: ({ n }, { services }) => services.handle(n),
});

/** @param options beside those of every docket here */
export function docketWith(name: string, options: Pick<DocketOptions<Services>, "history">): Contender {
  return { ...docket, name, open: (opening) => open(opening, options) };
}

export const docket: Contender = {
  name: "docket",
  store: "redis",
  builtOn: () => `@plyr/docket ${packageVersion("@plyr/docket")}, ioredis ${packageVersion("ioredis")}`,
  open: (opening) => open(opening, {}),
};

async function open(
  { url, queue, handle }: Opening,
  options: Pick<DocketOptions<Services>, "history">,
): Promise<Queue> {
  const opened = await Docket.open<Services>({
    url,
    name: queue,
    tasks: [count],
    services: { handle },
    ...options,
  });
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
}
