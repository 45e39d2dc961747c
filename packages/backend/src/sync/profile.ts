import { sql } from "kysely";
import { collectionsOf } from "../records/collections.js";
import { oneAtATime } from "../records/one-at-a-time.js";
import { PROFILE_RKEY, profileRecord } from "../records/profile.js";
import { demandValid } from "../records/valid-content.js";
import type { TaskServices } from "../tasks/services.js";

/**
 * Makes a person's profile where there is none and never was one of ours. It is created, never put: one that its owner
 * makes at the same moment stays as it is. A try whose answer was lost leaves one that the next sync finds there.
 *
 * @throws what `classify` takes apart
 */
export async function createProfile(
  { db, pds, namespace }: TaskServices,
  did: string,
  signal: AbortSignal,
): Promise<void> {
  const { profile: collection } = collectionsOf(namespace);
  const now = await db.transaction().execute((tx) => oneAtATime(tx, did));
  const record = profileRecord(collection, now);
  demandValid(collection, record);
  const cid = await pds.as(did, signal, async (agent, limited) => {
    const place = { repo: did, collection, rkey: PROFILE_RKEY, record };
    const { data } = await agent.com.atproto.repo.createRecord(place, { signal: limited });
    return data.cid;
  });
  await db
    .insertInto("pds_records")
    .values({
      did,
      collection,
      rkey: PROFILE_RKEY,
      wish: JSON.stringify(record),
      confirmed_version: 1,
      confirmed_cid: cid,
      confirmed_at: sql<Date>`now()`,
      may_exist: true,
      state: "confirmed",
    })
    .onConflict((conflict) => conflict.columns(["did", "collection", "rkey"]).doNothing())
    .execute();
}
