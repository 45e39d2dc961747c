import { z } from "zod";

/**
 * What a look at a person's repository has found.
 *
 * - `missing`: confirmed, and gone from the PDS: its owner removed it, so what it stood for goes here too
 * - `different`: it says something else than we wrote; our wish is written again
 * - `orphan`: we made it, and it must not be there (any more)
 * - `duplicate`: another record of ours is about the same, and only that one counts
 * - `stuck`: accepted, not on the PDS, and nothing is carrying it there
 * - `on its way`: accepted, and being carried out (or waiting for the PDS, or for a sign-in)
 * - `given up`: it could not be carried out; its owner was told why
 * - `foreign`: we didn't make it; never touched
 * - `not audited`: the repository can't be read at the moment
 */
export const kinds = [
  "missing",
  "different",
  "orphan",
  "duplicate",
  "stuck",
  "on its way",
  "given up",
  "foreign",
  "not audited",
] as const;

export const finding = z.object({
  did: z.string(),
  kind: z.enum(kinds),
  /** Of the record; null when it is about the whole repository. */
  uri: z.string().nullable(),
  /** In words. */
  why: z.string(),
  /** `needed`: a fault, which `--repair` sees to; `accepted`: it is being seen to now. */
  repair: z.enum(["none", "needed", "accepted"]),
});
export type Finding = z.infer<typeof finding>;
