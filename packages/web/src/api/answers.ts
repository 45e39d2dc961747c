import * as z from "zod/mini";
import { Scan } from "../scans/scan-answers.js";

/** Where a write to the person's PDS stands. */
const WriteState = z.enum(["writing", "waiting", "needs-sign-in", "confirmed", "failed"]);
export type WriteState = z.infer<typeof WriteState>;

/** What the service says about the record behind a like. */
export const Write = z.object({
  state: WriteState,
  /** `at://` address that the record has, or will have, or had. */
  uri: z.nullable(z.string()),
  /** For the person to read; null when there is nothing to say. */
  reason: z.nullable(z.string()),
  /** When this state began, ISO 8601. */
  since: z.nullable(z.iso.datetime({ offset: true })),
});
export type Write = z.infer<typeof Write>;

export const LikeAnswer = z.object({ liked: z.boolean(), write: z.nullable(Write) });
export type LikeAnswer = z.infer<typeof LikeAnswer>;

export const Me = z.object({
  did: z.string(),
  handle: z.string(),
  /** Set when the PDS no longer accepts our grant. */
  needsSignIn: z.nullable(z.object({ reason: z.string() })),
  /** How many writes have not reached the PDS yet. */
  waiting: z.int().check(z.nonnegative()),
});
export type Me = z.infer<typeof Me>;

const Track = z.object({
  id: z.int(),
  title: z.string(),
  artist: z.object({ did: z.string(), handle: z.string(), displayName: z.nullable(z.string()) }),
  /** Seconds. */
  duration: z.number().check(z.nonnegative()),
  fileType: z.string(),
  audioUrl: z.url({ protocol: /^https?$/ }),
  uri: z.nullable(z.string()),
  description: z.nullable(z.string()),
  likeCount: z.int().check(z.nonnegative()),
  playCount: z.int().check(z.nonnegative()),
  /** Null when nobody is signed in. */
  like: z.nullable(LikeAnswer),
  /** How its record stands and what its scan has found, for the artist; null for everybody else. */
  own: z.nullable(z.object({ write: Write, scan: z.optional(z.nullable(Scan)) })),
});
export type Track = z.infer<typeof Track>;

export const Tracks = z.object({ tracks: z.array(Track) });

/** What somebody says about a moment of a track. */
const Comment = z.object({
  id: z.int(),
  author: z.object({ did: z.string(), handle: z.string() }),
  text: z.string(),
  /** Of the track, from its start. */
  timestampMs: z.int().check(z.nonnegative()),
  /** When the text was last changed, ISO 8601; null: never. */
  updatedAt: z.nullable(z.iso.datetime({ offset: true })),
  /** Its author has removed it, and the record is on its way out. */
  removed: z.boolean(),
  /** Null when it is somebody else's. */
  write: z.nullable(Write),
});
export type Comment = z.infer<typeof Comment>;

export const Comments = z.object({ comments: z.array(Comment) });
/** Null: nothing is left of it. */
export const CommentAnswer = z.object({ comment: z.nullable(Comment) });

export const Accepted = z.object({
  upload: z.object({ id: z.string() }),
  track: z.object({ id: z.int() }),
});
export type Accepted = z.infer<typeof Accepted>;

/** How far an upload has got on its way to the artist's PDS. */
export const UploadProgress = z.object({
  id: z.string(),
  phase: z.enum(["receiving", "checking", "sending", "writing", "done", "failed"]),
  title: z.string(),
  trackId: z.nullable(z.int()),
  bytes: z.object({ received: z.number(), sent: z.number(), size: z.nullable(z.number()) }),
  reason: z.nullable(z.string()),
  write: z.nullable(Write),
});
export type UploadProgress = z.infer<typeof UploadProgress>;

export const Edited = z.object({ id: z.int() });
export const Deleted = z.object({ deleted: z.literal(true), likesTakenBack: z.int() });

export const ErrorAnswer = z.object({
  error: z.object({ code: z.string(), message: z.string(), field: z.optional(z.string()) }),
});
