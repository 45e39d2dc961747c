import { z } from "zod";

/** What a process of a soak is told on its command line, as JSON. */
export const orders = z.object({
  role: z.enum(["producer", "worker"]),
  url: z.string(),
  perSecond: z.number(),
});
export type Orders = z.output<typeof orders>;

/** What it says of itself when it is asked. */
export const held = z.object({
  rss: z.number(),
  heapUsed: z.number(),
  /** Tasks that it has asked for. */
  made: z.number(),
});
export type Held = z.output<typeof held>;
