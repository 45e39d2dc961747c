import { z } from "zod";

/**
 * What became of a record that was written when this database was not looking.
 *
 * - `adopted`: it was unknown here, and what it stands for is here now
 * - `followed`: it said something else here; now it says here what it says there
 * - `gone`: it was taken away there, and now is here
 * - `left`: it stays as it is, and nothing here stands for it
 * - `not read`: the person's repository can't be read at the moment
 */
export const outcomes = ["adopted", "followed", "gone", "left", "not read"] as const;

export const adoption = z.object({
  did: z.string(),
  outcome: z.enum(outcomes),
  /** Of the record; null when it is about the whole repository. */
  uri: z.string().nullable(),
  /** In words; null when there is nothing to say. */
  why: z.string().nullable(),
});
export type Adoption = z.infer<typeof adoption>;
