import type { RecordContent } from "../database/schema.js";

/** Everybody's profile is at this rkey. */
export const PROFILE_RKEY = "self";

/** The content of a new profile: nothing but since when there is one. What it says besides is for its owner to say. */
export function profileRecord(collection: string, createdAt: Date): RecordContent {
  return { $type: collection, createdAt: createdAt.toISOString() };
}
