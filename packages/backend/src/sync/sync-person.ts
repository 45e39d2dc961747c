import type { Kysely } from "kysely";
import { doubtful, lookAgain } from "../audit/faults.js";
import { repairFault } from "../audit/repair.js";
import type { Schema } from "../database/schema.js";
import { keepersOf } from "../keepers/keepers.js";
import { keepLikedList } from "../lists/liked-list.js";
import { collectionsOf } from "../records/collections.js";
import { PROFILE_RKEY } from "../records/profile.js";
import { resumeParked } from "../records/resume-parked.js";
import { compareRepository, ownCollections, type Difference } from "../repository/compare.js";
import type { TaskServices } from "../tasks/services.js";
import { createProfile } from "./profile.js";
import { takeAsItIs } from "./take-as-it-is.js";

/** What a sync has come to. */
export interface Synced {
  /** Records of ours that it held against the repository. */
  readonly looked: number;
  /** Of these, how many were not as we knew them, and were seen to. */
  readonly differed: number;
}

/**
 * Holds a person's repository against what we know, when they have signed in:
 *
 * 1. what waited for the sign-in goes on; of somebody whose account here is being deleted, that is all
 * 2. the repository is read once; where it differs, either side follows the other (see `takeAsItIs`, and the audit for what
 *    its owner has removed); nothing is written where nothing differs
 * 3. a profile and a liked list are begun where there is none
 *
 * @throws what `classify` takes apart
 */
export async function syncPerson(services: TaskServices, did: string, signal: AbortSignal): Promise<Synced> {
  const { db, namespace, outbox, repositories, settle, goOn } = services;
  await goOn(await resumeParked(db, did));
  if (await isLeaving(db, did)) return { looked: 0, differed: 0 };
  const { profile } = collectionsOf(namespace);
  const collections = [...new Set([...(await ownCollections(db, did)), profile])];
  const parts = { ...repositories, db, outbox, namespace, settle, keepers: keepersOf(namespace) };
  let looked = 0;
  let differed = 0;
  let hasProfile = false;
  for await (const difference of compareRepository(parts, did, collections, signal)) {
    hasProfile ||= isProfile(difference, profile);
    if (difference.kind === "foreign") continue;
    looked += 1;
    const own = doubtful(difference);
    if (own === null) continue;
    const fault = await lookAgain(parts, own, signal);
    if (fault === null) continue;
    const taken =
      difference.kind === "changed" && (await takeAsItIs(services, difference.own, difference.record));
    const { kind } = fault;
    if (taken || (kind !== "foreign" && (await repairFault(parts, { kind, own })))) differed += 1;
  }
  if (!hasProfile) await createProfile(services, did, signal);
  await outbox.transact((tx, schedule) => keepLikedList(namespace)(tx, schedule, did));
  return { looked, differed };
}

/** One that we made and its owner removed counts too: it isn't made again. */
function isProfile(difference: Difference, collection: string): boolean {
  const { collection: where, rkey } = difference.kind === "foreign" ? difference.record : difference.own;
  return where === collection && rkey === PROFILE_RKEY;
}

async function isLeaving(db: Kysely<Schema>, did: string): Promise<boolean> {
  const person = await db.selectFrom("people").select("leaving_at").where("did", "=", did).executeTakeFirst();
  // Nobody by this name is as good as gone.
  return person?.leaving_at !== null;
}
