import { defineTask, exponential } from "@plyr/docket";
import { z } from "zod";
import { RECORD_WRITE } from "../batches/crowd.js";
import type { GivenUp } from "../outbox/burial.js";
import { markFailed } from "../records/pds-record.js";
import { reconcile } from "../records/reconcile.js";
import type { TaskServices } from "./services.js";
import { leaveToBatch } from "./write-batch.js";

const payload = z.object({
  recordId: z.uuid(),
  did: z.string(),
  /** What the record is about; the writes of one person about one thing keep their order. */
  about: z.string(),
});

/**
 * Makes one record on its owner's PDS equal to the wish in the database; where many of one person are open, a batch does.
 *
 * Safe to run twice: see `reconcile`. An outage, a rate limit and a person who must sign in again use up no attempts;
 * after 30 days the write is given up, and the record says so.
 */
export const writeRecord = defineTask<TaskServices>()({
  name: RECORD_WRITE,
  payload,
  serial: ({ did, about }) => recordSubject(did, about),
  // What docket is told to pause while nothing is sent for a person.
  group: ({ did }) => did,
  retry: exponential({ attempts: 8, min: "1s", max: "10m" }),
  timeout: "2m",
  maxAge: "30d",
  onDeadLetter: async (_payload, death, { bury }) => {
    if (death.key !== undefined) await bury(death.key, death.reason);
  },
  async run({ recordId, did }, { services, key, signal }) {
    await leaveToBatch(services, did, recordId, key);
    await reconcile(services, recordId, services.carrier.leaseOf(key), signal);
  },
});

export function recordSubject(did: string, about: string): string {
  return `record:${did}:${about}`;
}

/** Notes at the record that its write has been given up. */
export const recordGivenUp: GivenUp = async (tx, given, reason) => {
  await markFailed(tx, payload.parse(given).recordId, reason);
};
