import type { Kysely } from "kysely";
import { CROWD, sociableWrites } from "../batches/crowd.js";
import type { Schema } from "../database/schema.js";
import type { Intent } from "../outbox/intents.js";
import type { TaskServices } from "./services.js";
import { scheduleBatch } from "./write-batch.js";

/**
 * Where no queue knows of many open writes of one person and collection, has a batch carry them, without a task for each: that
 * costs more than the writes. What the batch leaves is found again by the next look, and goes by itself when it is few.
 *
 * @returns the intents that are to go by themselves
 */
export async function gatherCrowds(
  services: Pick<TaskServices, "outbox"> & { readonly db: Kysely<Schema> },
  lost: readonly Intent[],
): Promise<readonly Intent[]> {
  if (lost.length < CROWD) return lost;
  const writes = await sociableWrites(
    services.db,
    lost.map(({ id }) => id),
  );
  const gathered = new Set<string>();
  for (const group of Map.groupBy(writes, ({ did, collection }) => `${did} ${collection}`).values()) {
    const [first] = group;
    if (first === undefined || group.length < CROWD) continue;
    await scheduleBatch(services, { did: first.did, collection: first.collection });
    for (const { intentId } of group) gathered.add(intentId);
  }
  return lost.filter(({ id }) => !gathered.has(id));
}
