import type { Kysely, Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import { likesTakenBack } from "../lists/of-a-track.js";
import { wishAsConfirmed, wishGone } from "../records/pds-record.js";
import { writeRecord } from "../tasks/write-record.js";
import type { About, Waiting, WaitingFamily } from "../waiting/family.js";
import { TooLate } from "../waiting/refusals.js";
import { aboutTrack } from "./like-state.js";
import { likeableTrack } from "./likeable-track.js";
import { UnknownTrack } from "./unknown-track.js";

/**
 * A like that waits is taken back, as if it had never been. An unlike that waits is undone: the track is liked again, by
 * the record that its owner's PDS still has.
 */
export const waitingLikes: WaitingFamily = {
  kind: "like",
  isOf: (collection, { like }) => collection === like,
  describe,

  async cancel({ tx, schedule, did, id, about, now }) {
    const { action, confirmedWish } = await now();
    if (action === "remove") {
      const trackId = trackOf(about);
      if (trackId === null || confirmedWish === null) {
        throw new TooLate("It may be on your PDS already, so it is taken away there");
      }
      await demandLikeable(tx, did, trackId);
      await wishAsConfirmed(tx, id);
      await tx.insertInto("likes").values({ did, track_id: trackId, record_id: id }).execute();
      await schedule(writeRecord, { recordId: id, did, about: aboutTrack(trackId) });
      await likesTakenBack(tx, schedule, [did]);
      return;
    }
    const like = await tx
      .deleteFrom("likes")
      .where("record_id", "=", id)
      .returning("track_id")
      .executeTakeFirst();
    if (like === undefined) throw new TooLate("The like is on its way out already");
    await wishGone(tx, id);
    await schedule(writeRecord, { recordId: id, did, about: aboutTrack(like.track_id) });
    await likesTakenBack(tx, schedule, [did]);
  },
};

async function demandLikeable(tx: Transaction<Schema>, did: string, trackId: number): Promise<void> {
  try {
    await likeableTrack(tx, trackId);
  } catch (error) {
    if (!(error instanceof UnknownTrack)) throw error;
    throw new TooLate("The track is gone, so it can't be liked any more");
  }
  const again = await tx
    .selectFrom("likes")
    .select("record_id")
    .where("did", "=", did)
    .where("track_id", "=", trackId)
    .executeTakeFirst();
  if (again !== undefined) throw new TooLate("You like the track again already");
}

async function describe(
  db: Kysely<Schema>,
  did: string,
  waiting: readonly Waiting[],
): Promise<Map<string, About>> {
  const living = await db
    .selectFrom("likes")
    .select(["record_id", "track_id"])
    .where("did", "=", did)
    .where(
      "record_id",
      "in",
      waiting.map(({ id }) => id),
    )
    .execute();
  const trackIds = new Map(living.map((like) => [like.record_id, like.track_id]));
  for (const { id, about } of waiting) {
    const trackId = trackOf(about);
    if (trackId !== null) trackIds.set(id, trackId);
  }
  if (trackIds.size === 0) return new Map();
  const tracks = await db
    .selectFrom("tracks")
    .select(["id", "title"])
    .where("id", "in", [...new Set(trackIds.values())])
    .execute();
  const byId = new Map(tracks.map((track) => [track.id, track]));
  return new Map(
    [...trackIds].map(([id, trackId]) => [id, { track: byId.get(trackId) ?? null, text: null }]),
  );
}

/** The track in what a like's writes are about. */
function trackOf(about: string | null): number | null {
  const id = /^track:(\d{1,10})$/.exec(about ?? "")?.[1];
  return id === undefined ? null : Number(id);
}
