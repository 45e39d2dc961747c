import { z } from "zod";

/** What a child is told on its command line, as JSON. */
export const orders = z.object({
  url: z.string(),
  name: z.string(),
  /** Its clock's error, in ms. */
  skewMs: z.number(),
  /** Runs chores and never finishes one, telling of each that it begins. */
  work: z.boolean(),
  /** Adds this chore, after this delay. */
  add: z.object({ n: z.number(), delayMs: z.number() }).optional(),
});

export type Orders = z.infer<typeof orders>;
/** What it tells its parent. */
export const told = z.union([z.object({ began: z.number() }), z.object({ ready: z.literal(true) })]);
export type Told = z.infer<typeof told>;
