import { z } from "zod";
import { defineTask, exponential, type Task } from "../../src/index.js";

export interface Chores {
  run(n: number, signal: AbortSignal): Promise<unknown>;
}

/** What the tests of outages do all day. */
export const chore: Task<number, Chores> = defineTask<Chores>()({
  name: "chore",
  payload: z.number(),
  retry: exponential({ attempts: 3, min: 50, max: 50 }),
  run: (n, { services, signal }) => services.run(n, signal),
});
