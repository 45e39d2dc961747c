import type { Kysely, Transaction } from "kysely";
import { z } from "zod";
import type { RecordContent, Schema } from "../database/schema.js";
import { likeableTrack } from "../likes/likeable-track.js";
import { UnknownTrack } from "../likes/unknown-track.js";
import { wishAsConfirmed, wishGone } from "../records/pds-record.js";
import { writeRecord } from "../tasks/write-record.js";
import type { About, Cancelling, Waiting, WaitingFamily } from "../waiting/family.js";
import { TooLate } from "../waiting/refusals.js";
import { aboutComment, demandRoom } from "./comments.js";
import { TooManyComments } from "./refusals.js";

/** What of a comment's record its row repeats. */
const said = z.looseObject({ text: z.string(), updatedAt: z.iso.datetime({ offset: true }).optional() });

/**
 * A comment that waits is taken back, an edit gives way to the text that the PDS has, and a removal is undone: the comment
 * stands there again as the PDS still has it.
 */
export const waitingComments: WaitingFamily = {
  kind: "comment",
  isOf: (collection, { comment }) => collection === comment,
  describe,

  async cancel(cancelling) {
    const { tx, schedule, did, id } = cancelling;
    const comment = await tx
      .selectFrom("comments")
      .select(["id", "track_id"])
      .where("record_id", "=", id)
      .forUpdate()
      .executeTakeFirst();
    if (comment === undefined)
      throw new TooLate("The track is gone, and what was said about it goes with it");
    await takeBack(cancelling, comment);
    await schedule(writeRecord, { recordId: id, did, about: aboutComment(comment.id) });
  },
};

async function takeBack(
  { tx, did, id, now }: Cancelling,
  comment: { id: number; track_id: number },
): Promise<void> {
  const { action, confirmedWish } = await now();
  if (action === "add") {
    await tx
      .updateTable("comments")
      .set({ deleted_at: new Date(), text: "" })
      .where("id", "=", comment.id)
      .execute();
    await wishGone(tx, id);
    return;
  }
  const { text, updatedAt } = asOnPds(confirmedWish);
  if (action === "remove") await demandPlace(tx, did, comment.track_id);
  await tx
    .updateTable("comments")
    .set({ text, updated_at: updatedAt ?? null, deleted_at: null })
    .where("id", "=", comment.id)
    .execute();
  await wishAsConfirmed(tx, id);
}

/** @throws {TooLate} when it isn't known what the PDS has */
function asOnPds(confirmedWish: RecordContent | null): z.infer<typeof said> {
  if (confirmedWish === null) {
    throw new TooLate(
      "It is not certain what your PDS has by now, so what you asked for is carried out first",
    );
  }
  return said.parse(confirmedWish);
}

/** The same rules as for a new comment. */
async function demandPlace(tx: Transaction<Schema>, did: string, trackId: number): Promise<void> {
  try {
    await likeableTrack(tx, trackId);
    await demandRoom(tx, did, trackId);
  } catch (error) {
    if (error instanceof TooManyComments) throw new TooLate(error.message);
    if (!(error instanceof UnknownTrack)) throw error;
    throw new TooLate("The track is gone, and what was said about it goes with it");
  }
}

async function describe(
  db: Kysely<Schema>,
  did: string,
  waiting: readonly Waiting[],
): Promise<Map<string, About>> {
  const rows = await db
    .selectFrom("comments")
    .innerJoin("tracks", "tracks.id", "comments.track_id")
    .select(["comments.record_id", "comments.text", "tracks.id", "tracks.title"])
    .where("comments.did", "=", did)
    .where(
      "comments.record_id",
      "in",
      waiting.map(({ id }) => id),
    )
    .execute();
  return new Map(
    rows.map(({ record_id, text, id, title }) => [
      record_id,
      { track: { id, title }, text: text === "" ? null : text },
    ]),
  );
}
