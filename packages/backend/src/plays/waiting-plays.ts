import { namesTeal } from "../records/collections.js";
import { wishGone } from "../records/pds-record.js";
import { writeRecord } from "../tasks/write-record.js";
import type { WaitingFamily } from "../waiting/family.js";
import { TooLate } from "../waiting/refusals.js";

/** A play that waits is not told of; it has been counted all the same. */
export const waitingPlays: WaitingFamily = {
  kind: "play",
  isOf: (collection) => namesTeal(collection, "play"),

  async describe(db, did, waiting) {
    const rows = await db
      .selectFrom("plays")
      .innerJoin("tracks", "tracks.id", "plays.track_id")
      .select(["plays.record_id", "tracks.id", "tracks.title"])
      .where("plays.did", "=", did)
      .where(
        "plays.record_id",
        "in",
        waiting.map(({ id }) => id),
      )
      .execute();
    return new Map(
      rows.flatMap(({ record_id, id, title }) =>
        record_id === null ? [] : [[record_id, { track: { id, title }, text: null }] as const],
      ),
    );
  },

  async cancel({ tx, schedule, did, id, about, now }) {
    const { action } = await now();
    if (action !== "add") throw new TooLate("It may be on your PDS already, so it is taken away there");
    await tx.updateTable("plays").set({ record_id: null }).where("record_id", "=", id).execute();
    await wishGone(tx, id);
    await schedule(writeRecord, { recordId: id, did, about: about ?? `record:${id}` });
  },
};
