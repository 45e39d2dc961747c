import { defineTask, exponential } from "@plyr/docket";
import { z } from "zod";
import { batchSubject, CROWD, hasOpenBatch, openWrite, RECORDS_BATCH } from "../batches/crowd.js";
import { drain } from "../batches/drain.js";
import { LeftAside } from "../outbox/left-aside.js";
import { inTurn } from "../records/one-at-a-time.js";
import type { TaskServices } from "./services.js";

const payload = z.object({ did: z.string(), collection: z.string() });

/**
 * Carries all open writes of one person in one collection to their PDS together.
 *
 * Safe to run twice, late, or to be killed: it carries nothing of its own but takes what is open, each record under its own
 * subject's lease. See `carryTogether`.
 */
export const writeBatch = defineTask<TaskServices>()({
  name: RECORDS_BATCH,
  payload,
  serial: batchSubject,
  group: ({ did }) => did,
  retry: exponential({ attempts: 8, min: "1s", max: "10m" }),
  timeout: "10m",
  maxAge: "30d",
  // The sweep finds those that relied on it.
  onDeadLetter: async (_payload, death, { bury }) => {
    if (death.key !== undefined) await bury(death.key, death.reason);
  },
  async run(batch, { services, key, signal }) {
    const held = AbortSignal.any([signal, services.carrier.leaseOf(key).signal]);
    await drain(services, batch, held);
  },
});

/**
 * Leaves a single write to a batch where many are open, and sees to it that there is one.
 *
 * @throws {LeftAside} the batch does it
 */
export async function leaveToBatch(
  services: TaskServices,
  did: string,
  recordId: string,
  intentId: string | undefined,
): Promise<void> {
  const write = await openWrite(services.db, recordId, intentId);
  if (!write?.sociable) return;
  const why = write.reason ?? "many writes of this person are open: they go out together";
  if (write.state === "needs-sign-in") {
    // The batch tries now and then, and a sign-in has it go on; so nothing comes of trying each by itself.
    if (write.hasBatch) throw new LeftAside(why);
    return;
  }
  if (write.others < CROWD || write.isolated) return;
  if (!write.hasBatch) await scheduleBatch(services, { did, collection: write.collection });
  throw new LeftAside(why);
}

/** Sees to it that a batch is there for these records. */
export async function scheduleBatch(
  { outbox }: Pick<TaskServices, "outbox">,
  batch: { did: string; collection: string },
): Promise<void> {
  await outbox.transact(async (tx, schedule) => {
    await inTurn(tx, batch.did);
    if (!(await hasOpenBatch(tx, batchSubject(batch)))) await schedule(writeBatch, batch);
  });
}
