import type { Transaction } from "kysely";
import { takeBackCommentsOf } from "../comments/take-back.js";
import type { LeavingRecords } from "../database/people-tables.js";
import type { Schema } from "../database/schema.js";
import { takeBackLikesOf } from "../likes/take-back.js";
import type { Schedule } from "../outbox/outbox.js";
import type { TaskServices } from "../tasks/services.js";
import { withdrawReleasesOf } from "../tracks/withdraw-release.js";

/**
 * What a family does for a person who leaves, a batch at a time: it takes the person's records back, or lets go of them
 * (then only once they are all as wished). Only what doesn't go by itself needs a step: rows that
 * refer to `people` with `on delete cascade` go with the person, and records that nobody takes back are taken back by
 * `takeBackRecordsOf`.
 *
 * @param records what is to become of the person's records on their PDS
 * @param limit at most this many
 * @returns how many there were; called again until there are none
 */
export type LeavingStep = (
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  leaving: { readonly did: string; readonly records: LeavingRecords },
  limit: number,
) => Promise<number>;

/** Every family's step, each once, in this order. */
export const leavingSteps: readonly LeavingStep[] = [
  (tx, schedule, { did, records }, limit) => takeBackLikesOf(tx, schedule, did, records, limit),
  (tx, schedule, { did, records }, limit) => takeBackCommentsOf(tx, schedule, did, records, limit),
  (tx, schedule, { did, records }, limit) => withdrawReleasesOf(tx, schedule, did, records, limit),
];
