import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { defineTask, type RunContext, type Task, type TaskOptions } from "../../src/index.js";
import type { Journal } from "./journal.js";

/** What the tasks of all kinds are given. */
export const order = z.object({
  /** The call that brought it. */
  n: z.string(),
  /** How long a run takes. */
  ms: z.number(),
  lane: z.string().default(""),
  group: z.string().default(""),
  /** How many attempts fail before one succeeds. */
  fails: z.number().default(0),
  /** Put off until then, by the clock of all journals. */
  until: z.number().default(0),
});

export type Order = z.output<typeof order>;
export type GivenOrder = z.input<typeof order>;

export interface Services {
  readonly journal: Journal;
}

export type Context = RunContext<Services>;
export type OrderedTask = Task<GivenOrder, Services>;
type Behaviours = Omit<TaskOptions<Services, typeof order>, "name" | "payload" | "run">;

/** @param act what its runs do, which are written down; by default they take their time */
export function orderedTask(
  name: string,
  behaviours: Behaviours = {},
  act: (given: Order, ctx: Context) => Promise<unknown> = takeTime,
): OrderedTask {
  return defineTask<Services>()({
    name,
    payload: order,
    ...behaviours,
    run: (given, ctx) => ctx.services.journal.run(given.n, ctx, () => act(given, ctx)),
  });
}

/** Takes its time, unless its signal says otherwise. */
export async function takeTime(
  { ms }: Pick<Order, "ms">,
  { signal }: Pick<Context, "signal">,
): Promise<void> {
  // Rejects with the reason, so that what is aborted is written down as such.
  await pause(ms, undefined, { signal }).catch(() => {
    signal.throwIfAborted();
  });
}
