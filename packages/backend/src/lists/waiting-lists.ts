import type { WaitingFamily } from "../waiting/family.js";
import { TooLate } from "../waiting/refusals.js";

/** A list follows from what is on it: whoever wants it otherwise changes that. So there is nothing to cancel. */
export const waitingLists: WaitingFamily = {
  kind: "list",
  isOf: (collection, { list }) => collection === list,

  async describe(db, did, waiting) {
    const rows = await db
      .selectFrom("lists")
      .select(["record_id", "title"])
      .where("did", "=", did)
      .where(
        "record_id",
        "in",
        waiting.map(({ id }) => id),
      )
      .execute();
    return new Map(rows.map(({ record_id, title }) => [record_id, { track: null, text: title }]));
  },

  cancel: () =>
    Promise.reject(new TooLate("A list follows from what is on it: change that, and the list is written so")),
};
