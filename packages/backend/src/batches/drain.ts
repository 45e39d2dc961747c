import { RetryAt } from "@plyr/docket";
import type { TaskServices } from "../tasks/services.js";
import { releaseLeases, type Lease } from "../outbox/subject-lease.js";
import { explainWait } from "./batch-rows.js";
import { asIntents, carryTogether } from "./carry-together.js";
import { candidates, type Candidate } from "./crowd.js";

/** Intents that are looked at for one request: some records have two. */
const MOST_INTENTS = 300;

/** Others are carrying the rest one by one; milliseconds. */
const OTHERS_PAUSE = 500;

/** After this long the run hands itself back, so that it is never cut off; milliseconds. */
const LONG_ENOUGH = 300_000;

/** At least this long is waited for points; milliseconds. */
const POINTS_PAUSE = 1_000;

/**
 * Carries all open writes of a person in a collection to their PDS, a request for up to 200 at a time, until none is left that
 * can go with others.
 *
 * @throws {RetryAt} to be gone on with later; the rows say why
 */
export async function drain(
  services: TaskServices,
  batch: { did: string; collection: string },
  signal: AbortSignal,
): Promise<void> {
  const left: Left = { done: [], apart: [] };
  try {
    await drainAll(services, batch, signal, left);
  } finally {
    // Their own runs have something to learn, where there are any. At the end, so that they don't keep the batch from going on.
    await services.wake(asIntents(left.done));
    if (left.apart.length > 0) await services.goOn(asIntents(left.apart));
  }
}

/** What other runs are to be told of. */
interface Left {
  readonly done: Candidate[];
  /** They are to go by themselves. */
  readonly apart: Candidate[];
}

async function drainAll(
  services: TaskServices,
  { did, collection }: { did: string; collection: string },
  signal: AbortSignal,
  left: Left,
): Promise<void> {
  const { db, carrier } = services;
  const began = performance.now();
  const unsettled = new Map<string, number>();
  for (;;) {
    signal.throwIfAborted();
    if (performance.now() - began > LONG_ENOUGH) throw new RetryAt(0, "there are more writes: going on");
    const all = await candidates(db, did, collection, MOST_INTENTS + unsettled.size);
    const found = all.filter(({ recordId }) => !unsettled.has(recordId));
    if (found.length === 0) break;
    const leases = await carrier.takeMore([...new Set(found.map(({ subject }) => subject))]);
    if (leases.length === 0) throw new RetryAt(OTHERS_PAUSE, "the writes that are left are being carried");
    const carried = await carryTogether(services, found, leases, heldBy(signal, leases)).finally(() =>
      releaseLeases(db, leases),
    );
    for (const [id, left] of carried.unsettled) unsettled.set(id, left);
    const done = new Set(carried.done);
    const apart = new Set(carried.apart);
    left.done.push(...found.filter(({ intentId }) => done.has(intentId)));
    left.apart.push(...found.filter(({ intentId, recordId }) => apart.has(recordId) && !done.has(intentId)));
    if (carried.shortOfPoints !== null) {
      const { more } = carried.shortOfPoints;
      await explainWait(db, did, collection, reasonFor(more));
      throw new RetryAt(Math.max(POINTS_PAUSE, more), reasonFor(more));
    }
  }
  if (unsettled.size > 0) {
    throw new RetryAt(
      Math.max(...unsettled.values()),
      "earlier writes that were cut off could still arrive: writing once more",
    );
  }
}

/** Leases that were taken together are lost together. */
function heldBy(signal: AbortSignal, leases: readonly Lease[]): AbortSignal {
  return AbortSignal.any([signal, ...leases.slice(0, 1).map((lease) => lease.signal)]);
}

function reasonFor(more: number): string {
  const minutes = String(Math.max(1, Math.ceil(more / 60_000)));
  return `Your PDS takes a limited number of writes an hour. This goes on by itself in about ${minutes} min.`;
}
