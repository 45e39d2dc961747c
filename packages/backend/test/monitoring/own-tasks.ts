import { defineTask } from "@plyr/docket";
import { z } from "zod";

/** Goes on until its process ends. */
export const endless = defineTask<unknown>()({
  name: "test.endless",
  payload: z.object({ did: z.string() }),
  run: () => new Promise<never>(() => undefined),
});

/** Needs no database. */
export const brief = defineTask<unknown>()({
  name: "test.brief",
  payload: z.object({ did: z.string() }),
  run: () => Promise.resolve(),
});
