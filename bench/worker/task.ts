import { defineTask } from "@plyr/docket";
import { z } from "zod";

export interface Services {
  readonly run: (n: number, delivery: number) => Promise<void>;
}

export const work = defineTask<Services>()({
  name: "bench.work",
  payload: z.object({ n: z.number() }),
  run: ({ n }, { services, delivery }) => services.run(n, delivery),
});
