import type { Kysely, Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Outbox, Schedule } from "../outbox/outbox.js";
import { collectionsOf } from "../records/collections.js";
import { likeRecord } from "../records/like.js";
import { oneAtATime } from "../records/one-at-a-time.js";
import { wishGone, wishRecord } from "../records/pds-record.js";
import type { TaskServices } from "../tasks/services.js";
import { writeRecord } from "../tasks/write-record.js";
import { aboutTrack, likeStates, type LikeState } from "./like-state.js";
import { knownTrack, likeableTrack } from "./likeable-track.js";

export interface Likes {
  /** Doing it again changes nothing. @throws {UnknownTrack} */
  like(did: string, trackId: number): Promise<LikeState>;
  /** Doing it again changes nothing. @throws {UnknownTrack} */
  unlike(did: string, trackId: number): Promise<LikeState>;
  /** @throws {UnknownTrack} */
  state(did: string, trackId: number): Promise<LikeState>;
  /** One entry per id given, unknown tracks included: those are not liked. */
  states(did: string, trackIds: readonly number[]): Promise<Map<number, LikeState>>;
}

/** What else follows from a like or an unlike, in the same transaction. */
export type AfterLike = (
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  did: string,
) => Promise<void>;

/** @param parts.namespace of our collections, as in `fm.plyr` */
export function openLikes(parts: {
  db: Kysely<Schema>;
  outbox: Outbox<TaskServices>;
  namespace: string;
  after?: AfterLike;
}): Likes {
  const { db, outbox, after = () => Promise.resolve() } = parts;
  const collection = collectionsOf(parts.namespace).like;

  return {
    like: (did, trackId) =>
      outbox.transact(async (tx, schedule) => {
        const now = await oneAtATime(tx, did);
        const subject = await likeableTrack(tx, trackId);
        if (!(await isLiked(tx, did, trackId))) {
          const recordId = await wishRecord(tx, {
            did,
            collection,
            content: likeRecord(collection, subject, now),
            awaits: subject.awaits,
          });
          await tx.insertInto("likes").values({ did, track_id: trackId, record_id: recordId }).execute();
          await scheduleWrite(schedule, recordId, did, trackId);
          await after(tx, schedule, did);
        }
        return stateOf(tx, collection, did, trackId);
      }),

    unlike: (did, trackId) =>
      outbox.transact(async (tx, schedule) => {
        await oneAtATime(tx, did);
        await knownTrack(tx, trackId);
        const removed = await tx
          .deleteFrom("likes")
          .where("did", "=", did)
          .where("track_id", "=", trackId)
          .returning("record_id")
          .executeTakeFirst();
        if (removed !== undefined) {
          await wishGone(tx, removed.record_id);
          await scheduleWrite(schedule, removed.record_id, did, trackId);
          await after(tx, schedule, did);
        }
        return stateOf(tx, collection, did, trackId);
      }),

    async state(did, trackId) {
      await knownTrack(db, trackId);
      return stateOf(db, collection, did, trackId);
    },

    states: (did, trackIds) => likeStates(db, collection, did, trackIds),
  };
}

async function isLiked(tx: Transaction<Schema>, did: string, trackId: number): Promise<boolean> {
  const row = await tx
    .selectFrom("likes")
    .select("record_id")
    .where("did", "=", did)
    .where("track_id", "=", trackId)
    .executeTakeFirst();
  return row !== undefined;
}

async function scheduleWrite(
  schedule: Schedule<TaskServices>,
  recordId: string,
  did: string,
  trackId: number,
): Promise<void> {
  await schedule(writeRecord, { recordId, did, about: aboutTrack(trackId) });
}

async function stateOf(
  db: Kysely<Schema>,
  collection: string,
  did: string,
  trackId: number,
): Promise<LikeState> {
  const states = await likeStates(db, collection, did, [trackId]);
  return states.get(trackId) ?? { liked: false, write: null };
}
