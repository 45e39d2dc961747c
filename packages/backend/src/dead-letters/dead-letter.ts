import { z } from "zod";

/** Work that was accepted and given up, as an operator sees it. */
export const deadLetter = z.object({
  /** Of the intent. */
  id: z.uuid(),
  task: z.string(),
  /** What it was about: ids only. */
  payload: z.json(),
  subject: z.string(),
  /** Why it was given up, in words. */
  reason: z.string().nullable(),
  /** ISO 8601. */
  acceptedAt: z.string(),
  /** What the queue still knows of its last run; null: nothing (any more), or it can't be asked at the moment. */
  lastRun: z
    .object({
      /** ISO 8601. */
      diedAt: z.string(),
      /** From 1. */
      attempt: z.int().nullable(),
      error: z.string().nullable(),
      stack: z.string().nullable(),
    })
    .nullable(),
});
export type DeadLetter = z.infer<typeof deadLetter>;
