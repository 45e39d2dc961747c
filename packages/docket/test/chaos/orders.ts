import { z } from "zod";

/** What a process of a chaos run is told on its command line, as JSON. */
export const orders = z.discriminatedUnion("role", [
  z.object({
    role: z.literal("producer"),
    name: z.string(),
    journal: z.string(),
    url: z.string(),
    seed: z.number(),
    skewMs: z.number(),
    /** So many in all, at this pace. */
    tasks: z.number(),
    perSecond: z.number(),
  }),
  z.object({
    role: z.literal("worker"),
    name: z.string(),
    journal: z.string(),
    url: z.string(),
    skewMs: z.number(),
    /** What it knows besides what all know. */
    knows: z.array(z.enum(["new", "late"])),
    concurrency: z.number(),
    sleepMs: z.number(),
  }),
]);

export type Orders = z.infer<typeof orders>;
export type OrdersOf<Role extends Orders["role"]> = Extract<Orders, { role: Role }>;

/** What a process is told later. */
export const FINISH = "finish";
