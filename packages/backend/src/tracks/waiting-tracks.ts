import type { Kysely } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.js";
import { wishAsConfirmed, wishGone } from "../records/pds-record.js";
import type { About, Waiting, WaitingFamily } from "../waiting/family.js";
import { TooLate } from "../waiting/refusals.js";
import { publishTrack } from "./publish-track.js";
import { takeAway } from "./take-away.js";
import { lockTrack } from "./track-wish.js";

/** What of a track's record a person can change. */
const named = z.looseObject({ title: z.string(), description: z.string().optional() });

/**
 * A track that is not on its artist's PDS yet is deleted, and an edit gives way to what the PDS has. A deletion can't be
 * undone: likes, comments and the file go at once.
 */
export const waitingTracks: WaitingFamily = {
  kind: "track",
  isOf: (collection, { track }) => collection === track,
  describe,

  async cancel({ tx, schedule, did, id, now }) {
    const owner = await tx.selectFrom("tracks").select("id").where("record_id", "=", id).executeTakeFirst();
    const track = owner === undefined ? null : await lockTrack(tx, owner.id);
    const { action, confirmedWish } = await now();
    if (track === null || track.deleted || action === "remove") {
      throw new TooLate("The track is being deleted, with all that refers to it: that can't be undone");
    }
    if (action === "add") {
      await wishGone(tx, id);
      await takeAway(tx, schedule, track);
      return;
    }
    if (confirmedWish === null) {
      throw new TooLate(
        "It is not certain what your PDS has by now, so what you asked for is carried out first",
      );
    }
    const { title, description } = named.parse(confirmedWish);
    await tx
      .updateTable("tracks")
      .set({ title, description: description ?? null })
      .where("id", "=", track.id)
      .execute();
    await wishAsConfirmed(tx, id);
    await schedule(publishTrack, { trackId: track.id, recordId: id, did });
  },
};

async function describe(
  db: Kysely<Schema>,
  did: string,
  waiting: readonly Waiting[],
): Promise<Map<string, About>> {
  const rows = await db
    .selectFrom("tracks")
    .select(["record_id", "id", "title"])
    .where("artist_did", "=", did)
    .where(
      "record_id",
      "in",
      waiting.map(({ id }) => id),
    )
    .execute();
  return new Map(rows.map(({ record_id, id, title }) => [record_id, { track: { id, title }, text: null }]));
}
