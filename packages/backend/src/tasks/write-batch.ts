import { defineTask, exponential, RetryAt } from "@plyr/docket";
import { z } from "zod";
import { asIntents } from "../batches/carry-together.js";
import { batchSubject, candidates, CROWD, hasOpenBatch, openWrite, RECORDS_BATCH } from "../batches/crowd.js";
import { drain } from "../batches/drain.js";
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
  onDeadLetter: async (given, death, { db, bury, wake }) => {
    if (death.key !== undefined) await bury(death.key, death.reason);
    const batch = payload.safeParse(given);
    // Those that relied on it see to themselves, or to another one.
    if (batch.success)
      await wake(asIntents(await candidates(db, batch.data.did, batch.data.collection, 10_000)));
  },
  async run(batch, { services, key, signal }) {
    const held = AbortSignal.any([signal, services.carrier.leaseOf(key).signal]);
    await drain(services, batch, held);
  },
});

/** A batch wakes whose write it has carried out; these are for when it couldn't. Milliseconds. */
const SOON = { shortest: 15_000, longest: 30_000 };
const WHEN_ALL_WAIT = { shortest: 300_000, longest: 600_000 };

/**
 * Puts a single write off where a batch is to carry it out, and sees to it that there is one.
 *
 * @throws {RetryAt} the batch does it
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
    if (write.hasBatch) throw new RetryAt(within(WHEN_ALL_WAIT), why);
    return;
  }
  if (write.others < CROWD || write.isolated) return;
  if (!write.hasBatch) await scheduleBatch(services, { did, collection: write.collection });
  throw new RetryAt(within(write.state === "waiting" ? WHEN_ALL_WAIT : SOON), why);
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

/** Apart, so that they don't all come back at once. */
function within({ shortest, longest }: { shortest: number; longest: number }): number {
  return shortest + Math.random() * (longest - shortest);
}
