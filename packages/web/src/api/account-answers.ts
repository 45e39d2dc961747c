import * as z from "zod/mini";

const moment = z.iso.datetime({ offset: true });

/** Something that a person did and that is not on their PDS yet. */
const WaitingWrite = z.object({
  id: z.string(),
  /** As in `like`; `record` for what is of no kind that is told apart. */
  kind: z.string(),
  action: z.enum(["add", "change", "remove"]),
  track: z.nullable(z.object({ id: z.int(), title: z.string() })),
  text: z.nullable(z.string()),
  /** Since when it is asked for. */
  asked: moment,
  write: z.object({ state: z.string(), reason: z.nullable(z.string()) }),
});
export type WaitingWrite = z.infer<typeof WaitingWrite>;

export const Waiting = z.object({
  count: z.int(),
  needSignIn: z.int(),
  writes: z.array(WaitingWrite),
});
export type Waiting = z.infer<typeof Waiting>;

/** A token as the list has it: without its secret. */
const Token = z.object({
  id: z.string(),
  name: z.string(),
  lastUsedAt: z.nullable(moment),
  expiresAt: moment,
});
export type Token = z.infer<typeof Token>;

export const Tokens = z.object({ tokens: z.array(Token) });
/** `token` is told this once. */
export const NewToken = z.object({ id: z.string(), token: z.string() });

export const Departed = z.object({ departure: z.object({ ticket: z.string() }) });

const Departure = z.object({
  /** Records that the PDS has still to be brought up to date with. */
  left: z.int(),
  needsSignIn: z.boolean(),
  note: z.nullable(z.string()),
});
export type Departure = z.infer<typeof Departure>;
export const DepartureAnswer = z.object({ departure: Departure });
