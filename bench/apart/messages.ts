import { z } from "zod";
import { CONTENDER_NAMES } from "../contenders/roster.ts";

/** What a process with one contender's worker is told, as JSON in its first argument. */
export const Order = z.object({
  contender: z.enum(CONTENDER_NAMES),
  url: z.string(),
  queue: z.string(),
  purpose: z.enum(["throughput", "latency"]),
  concurrency: z.number(),
  /** Tasks that it is to run before it says what it weighs; 0: it tells of each start instead. */
  weighAfter: z.number(),
});
export type Order = z.output<typeof Order>;

/** What it tells. */
export const Report = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ready") }),
  /** `at`: in ms of the machine's monotonic clock, which all its processes share. */
  z.object({ kind: z.literal("started"), n: z.number(), at: z.number() }),
  z.object({ kind: z.literal("weighs"), rss: z.number(), heapUsed: z.number() }),
]);
export type Report = z.output<typeof Report>;

/** The machine's monotonic clock, in ms. */
export function machineNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
