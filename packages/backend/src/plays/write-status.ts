import { defineTask, exponential } from "@plyr/docket";
import { sql, type Kysely } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.js";
import type { GivenUp } from "../outbox/burial.js";
import { markFailed } from "../records/pds-record.js";
import { reconcile } from "../records/reconcile.js";
import { wishGoneAsFound } from "../records/second-look.js";
import type { TaskServices } from "../tasks/services.js";
import { recordSubject } from "../tasks/write-record.js";

const payload = z.object({ recordId: z.uuid(), did: z.string() });

/**
 * Makes a person's status on their PDS equal to the wish in the database: what they listen to now. A status that is over
 * before it could be written is not written any more.
 *
 * Safe to run twice: see `reconcile`; what is over stays over.
 */
export const writeStatus = defineTask<TaskServices>()({
  name: "teal.status.write",
  payload,
  serial: ({ did }) => recordSubject(did, "status"),
  retry: exponential({ attempts: 8, min: "1s", max: "10m" }),
  timeout: "2m",
  maxAge: "1d",
  onDeadLetter: async (_payload, death, { bury }) => {
    if (death.key !== undefined) await bury(death.key, death.reason);
  },
  async run({ recordId }, { services, key, signal }) {
    const lease = services.carrier.leaseOf(key);
    await dropWhatIsOver(services.db, recordId);
    await reconcile(services, recordId, lease, signal);
  },
});

/** Notes at the status that its write has been given up. */
export const statusGivenUp: GivenUp = async (tx, given, reason) => {
  await markFailed(tx, payload.parse(given).recordId, reason);
};

/** What stands there is over as well, if it is an earlier one of ours; or it is another program's. Neither needs a call. */
async function dropWhatIsOver(db: Kysely<Schema>, recordId: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const over = await tx
      .selectFrom("pds_records")
      .select("id")
      .where("id", "=", recordId)
      .whereRef("confirmed_version", "<", "wish_version")
      .where(sql<boolean>`(wish ->> 'expiry')::timestamptz <= now()`)
      .forUpdate()
      .executeTakeFirst();
    if (over !== undefined) await wishGoneAsFound(tx, over.id);
  });
}
