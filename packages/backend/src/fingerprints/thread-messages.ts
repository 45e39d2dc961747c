import { z } from "zod";

export interface KnownContent {
  readonly content: number;
  readonly fingerprint: Uint32Array;
}

/** What the thread is asked. */
export type Question =
  /** Begins a fingerprint, in place of one that was not finished. */
  | { readonly kind: "begin" }
  | { readonly kind: "feed"; readonly samples: Int16Array<ArrayBuffer> }
  /** Answered with the fingerprint. */
  | { readonly kind: "finish" }
  | { readonly kind: "add"; readonly contents: readonly KnownContent[] }
  /** Answered with `likenesses`. */
  | { readonly kind: "search"; readonly fingerprint: Uint32Array; readonly except: readonly number[] };

export interface Asked {
  readonly id: number;
  readonly question: Question;
}

export const answered = z.object({ id: z.int(), answer: z.unknown(), error: z.string().nullable() });
export type Answered = z.infer<typeof answered>;

const items = z.int().nonnegative();
export const likenesses = z.array(
  z.object({
    content: z.int(),
    stretches: z.array(
      z.object({
        at: items,
        from: items,
        length: items,
        errorRate: z.number().min(0).max(1),
        same: z.boolean(),
      }),
    ),
  }),
);
