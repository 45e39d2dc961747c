import * as z from "zod/mini";

const Match = z.object({
  title: z.string(),
  artist: z.string(),
  /** Goes by the artist's own name. */
  ownName: z.boolean(),
  /** Seconds: `at` in the track, `from` in the other work (null: not known). */
  stretches: z.array(z.object({ at: z.number(), from: z.nullable(z.number()), length: z.number() })),
});
export type Match = z.infer<typeof Match>;

/** What the copyright scan of one's own track has found. */
export const Scan = z.object({
  state: z.enum(["pending", "clear", "flagged", "review", "failed"]),
  reason: z.nullable(z.string()),
  matches: z.array(Match),
  /** Null: it goes on by itself. */
  at: z.nullable(z.iso.datetime({ offset: true })),
  decision: z.nullable(z.object({ what: z.enum(["keep", "take down"]), because: z.string() })),
});
export type Scan = z.infer<typeof Scan>;

export const TakenDown = z.object({ takenDown: z.array(z.object({ title: z.string(), scan: Scan })) });
export type TakenDown = z.infer<typeof TakenDown>["takenDown"][number];
