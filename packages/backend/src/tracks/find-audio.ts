import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { UnknownTrack } from "../likes/unknown-track.js";

/** Where a track's audio is: in our storage, or at an address elsewhere. */
export type FoundAudio = { key: string; size: number; mimeType: string } | { url: string };

/** @throws {UnknownTrack} */
export async function findAudio(db: Kysely<Schema>, trackId: number): Promise<FoundAudio> {
  const track = await db
    .selectFrom("tracks")
    .select(["file_key", "size", "mime_type", "audio_url"])
    .where("id", "=", trackId)
    .where("deleted_at", "is", null)
    .executeTakeFirst();
  if (track === undefined) throw new UnknownTrack(trackId);
  const { file_key: key, size, mime_type: mimeType, audio_url: url } = track;
  return key === null || size === null || mimeType === null ? { url } : { key, size, mimeType };
}
