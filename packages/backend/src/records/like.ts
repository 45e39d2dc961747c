import type { RecordContent } from "../database/schema.js";

/** What a like refers to: the record and the version of it that was liked. */
export interface StrongRef {
  readonly uri: string;
  readonly cid: string;
}

/**
 * The content of a like record.
 *
 * @param acceptedAt when the request was accepted; stored with the wish, so that no retry changes it
 */
export function likeRecord(collection: string, subject: StrongRef, acceptedAt: Date): RecordContent {
  return {
    $type: collection,
    subject: { uri: subject.uri, cid: subject.cid },
    createdAt: acceptedAt.toISOString(),
  };
}
