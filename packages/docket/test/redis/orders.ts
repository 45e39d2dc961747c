import { z } from "zod";

/** What a child is told on its command line, as JSON. */
export const orders = z.object({
  url: z.string(),
  name: z.string(),
  /** Its clock's error, in ms. */
  skewMs: z.number(),
  /** Runs chores and never finishes one, telling of each that it begins. */
  work: z.boolean(),
  /** Runs what blocks, too; with this lease, and this grace of its watchdog (none: without one). */
  blocks: z.object({ leaseMs: z.number(), graceMs: z.number().optional() }).optional(),
  /** Adds this chore, after this delay. */
  add: z.object({ n: z.number(), delayMs: z.number() }).optional(),
});

export type Orders = z.infer<typeof orders>;
/** What it tells its parent. */
export const told = z.union([
  z.object({ began: z.number() }),
  z.object({ ready: z.literal(true) }),
  z.object({ aborted: z.string() }),
]);
export type Told = z.infer<typeof told>;
