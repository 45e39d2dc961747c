import { z } from "zod";
import { NotAdoptable, type Adopting, type FoundRecord } from "../adoption/adopting.js";
import { followLikes } from "../lists/liked-list.js";
import { findTrackByUri } from "../tracks/find-by-uri.js";

const content = z.object({
  subject: z.object({ uri: z.string() }),
  createdAt: z.iso.datetime({ offset: true }),
});

/** @throws {NotAdoptable} */
export async function adoptLike(
  { tx, schedule, namespace }: Adopting,
  { id, did, value }: FoundRecord,
): Promise<void> {
  const { subject, createdAt } = content.parse(value);
  const trackId = await findTrackByUri(tx, subject.uri);
  if (trackId === null) throw new NotAdoptable(`the track that it likes is not known here (${subject.uri})`);
  const other = await tx
    .selectFrom("likes")
    .select("record_id")
    .where("did", "=", did)
    .where("track_id", "=", trackId)
    .executeTakeFirst();
  if (other?.record_id === id) return;
  if (other !== undefined) throw new NotAdoptable("another like of theirs is about the same track");
  await tx
    .insertInto("likes")
    .values({ did, track_id: trackId, record_id: id, created_at: createdAt })
    .execute();
  await followLikes(namespace)(tx, schedule, did);
}
