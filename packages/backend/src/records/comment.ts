import type { RecordContent } from "../database/schema.js";
import type { StrongRef } from "./like.js";

/** What a comment says, and of which moment. */
export interface Remark {
  readonly text: string;
  /** Milliseconds from the track's start, whole. */
  readonly timestampMs: number;
}

/**
 * The content of a comment record.
 *
 * @param acceptedAt when the comment was accepted; kept by every later version
 * @param changedAt when its text was last changed; null: never
 */
export function commentRecord(
  collection: string,
  subject: StrongRef,
  { text, timestampMs }: Remark,
  acceptedAt: Date,
  changedAt: Date | null,
): RecordContent {
  return {
    $type: collection,
    subject: { uri: subject.uri, cid: subject.cid },
    text,
    timestampMs,
    createdAt: acceptedAt.toISOString(),
    ...(changedAt === null ? {} : { updatedAt: changedAt.toISOString() }),
  };
}
