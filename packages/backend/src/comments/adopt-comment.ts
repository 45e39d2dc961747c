import { z } from "zod";
import { NotAdoptable, type Adopting, type FoundRecord } from "../adoption/adopting.js";
import { findTrackByUri } from "../tracks/find-by-uri.js";

const moment = z.iso.datetime({ offset: true });
const content = z.object({
  subject: z.object({ uri: z.string() }),
  text: z.string(),
  timestampMs: z.number(),
  createdAt: moment,
  updatedAt: moment.optional(),
});

/** @throws {NotAdoptable} */
export async function adoptComment({ tx }: Adopting, { id, did, value }: FoundRecord): Promise<void> {
  const { subject, text, timestampMs, createdAt, updatedAt } = content.parse(value);
  const trackId = await findTrackByUri(tx, subject.uri);
  if (trackId === null)
    throw new NotAdoptable(`the track that it is about is not known here (${subject.uri})`);
  const said = { text, timestamp_ms: timestampMs, updated_at: updatedAt ?? null, deleted_at: null };
  const { numUpdatedRows } = await tx
    .updateTable("comments")
    .set(said)
    .where("record_id", "=", id)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows > 0n) return;
  await tx
    .insertInto("comments")
    .values({ did, track_id: trackId, record_id: id, created_at: createdAt, ...said })
    .execute();
}
