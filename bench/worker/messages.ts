import { z } from "zod";

/** What a worker process is told, as JSON in its first argument. */
export const Order = z.object({
  url: z.string(),
  docket: z.string(),
  concurrency: z.number(),
  /** How long a task takes. */
  taskMs: z.number(),
  /** A task's first delivery never ends. */
  hangsFirst: z.boolean(),
});
export type Order = z.output<typeof Order>;

/** What a worker process tells. */
export const Report = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ready") }),
  z.object({ kind: z.literal("started"), n: z.number() }),
  z.object({ kind: z.literal("ended"), n: z.number() }),
]);
export type Report = z.output<typeof Report>;
