import { randomUUID } from "node:crypto";
import { sql, type Kysely, type Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Outbox } from "../outbox/outbox.js";
import type { TealCollections } from "../records/collections.js";
import { oneAtATime } from "../records/one-at-a-time.js";
import { writeState, type WriteState } from "../records/write-state.js";
import type { TaskServices } from "../tasks/services.js";
import { heardTrack } from "./heard-track.js";
import { mayScrobble } from "./preferences.js";
import { NotHeardYet, UnknownPlay } from "./refusals.js";
import { secondsOfOnePlay, secondsToHear } from "./rule.js";
import { scrobble } from "./scrobble.js";
import { showStatus } from "./status.js";

/** Who listens. */
export interface Listener {
  /** Tells listeners apart: a person's DID, or what stands for a browser. */
  readonly key: string;
  /** Null: nobody is signed in. */
  readonly did: string | null;
}

export interface StartedPlay {
  readonly id: string;
  /** False: it was started before, and is still the same play. */
  readonly counted: boolean;
  /** Of the track, by everybody. */
  readonly plays: number;
}

export interface Plays {
  /**
   * Somebody begins to listen. Counted once per listener and track within the track's length (30 to 3,600 s).
   *
   * @throws {UnknownTrack}
   */
  start(listener: Listener, trackId: number): Promise<StartedPlay>;
  /**
   * Enough of it has been heard to count as heard. Of those who want it a scrobble is made, once.
   *
   * @returns what becomes of the scrobble; null: there is none
   * @throws {UnknownPlay} {NotHeardYet}
   */
  heard(listener: Listener, playId: string): Promise<WriteState | null>;
}

/** Bodies and clocks are not exact: whole seconds are stored, and an answer takes its time. */
const SLACK = 1;
/** What browsers without a person have played is kept for as long as their cookie. */
const VISITORS_KEPT = sql<Date>`now() - interval '1 day'`;

/** @param parts.publicUrl names the service in records */
export function openPlays(parts: {
  db: Kysely<Schema>;
  outbox: Outbox<TaskServices>;
  publicUrl: string;
  teal: TealCollections;
}): Plays {
  const { outbox, publicUrl, teal } = parts;

  return {
    start: (listener, trackId) =>
      outbox.transact(async (tx, schedule) => {
        if (listener.did !== null) await oneAtATime(tx, listener.did);
        const track = await heardTrack(tx, publicUrl, trackId);
        const begun = await begin(tx, listener, trackId, track.duration);
        if (begun === null) {
          const { id } = await playOf(tx, listener, trackId);
          return { id, counted: false, plays: await countOf(tx, trackId) };
        }
        const plays = await count(tx, trackId);
        if (listener.did !== null && (await mayScrobble(tx, teal, listener.did))) {
          await showStatus(tx, schedule, teal, listener.did, track, begun.startedAt);
        }
        return { id: begun.id, counted: true, plays };
      }),

    heard: (listener, playId) =>
      outbox.transact(async (tx, schedule) => {
        if (listener.did !== null) await oneAtATime(tx, listener.did);
        const play = await lockPlay(tx, listener, playId);
        const missing = secondsToHear(play.duration) - SLACK - play.age;
        if (missing > 0) throw new NotHeardYet(missing);
        if (play.heard_at === null) {
          const track = await heardTrack(tx, publicUrl, play.track_id);
          const may = listener.did !== null && (await mayScrobble(tx, teal, listener.did));
          const recordId = may
            ? await scrobble(tx, schedule, teal, listener.did, track, play.started_at)
            : null;
          await tx
            .updateTable("plays")
            .set({ heard_at: sql`now()`, record_id: recordId })
            .where("id", "=", playId)
            .execute();
        }
        return scrobbleOf(tx, playId);
      }),
  };
}

/** @returns null when it is the same play still. One statement, so that of two at the same moment one is counted */
async function begin(
  tx: Transaction<Schema>,
  { key, did }: Listener,
  trackId: number,
  duration: number,
): Promise<{ id: string; startedAt: Date } | null> {
  if (did === null) {
    // Here, because a visitor's play is the only thing that makes them more.
    await tx.deleteFrom("plays").where("did", "is", null).where("started_at", "<", VISITORS_KEPT).execute();
  }
  const row = await tx
    .insertInto("plays")
    .values({
      listener: key,
      did,
      track_id: trackId,
      id: randomUUID(),
      started_at: sql<Date>`date_trunc('milliseconds', now())`,
    })
    .onConflict((conflict) =>
      conflict
        .columns(["listener", "track_id"])
        .doUpdateSet({
          id: (excluded) => excluded.ref("excluded.id"),
          started_at: (excluded) => excluded.ref("excluded.started_at"),
          heard_at: null,
          record_id: null,
        })
        .where(
          sql<boolean>`plays.started_at <= now() - ${secondsOfOnePlay(duration)}::float8 * interval '1 second'`,
        ),
    )
    .returning(["id", "started_at"])
    .executeTakeFirst();
  return row === undefined ? null : { id: row.id, startedAt: row.started_at };
}

async function playOf(tx: Transaction<Schema>, { key }: Listener, trackId: number): Promise<{ id: string }> {
  return tx
    .selectFrom("plays")
    .select("id")
    .where("listener", "=", key)
    .where("track_id", "=", trackId)
    .executeTakeFirstOrThrow();
}

async function lockPlay(tx: Transaction<Schema>, { key }: Listener, playId: string) {
  const play = await tx
    .selectFrom("plays")
    .innerJoin("tracks", "tracks.id", "plays.track_id")
    .select(["track_id", "heard_at", "started_at", "tracks.duration"])
    .select(sql<number>`extract(epoch from now() - started_at)::float8`.as("age"))
    .where("plays.id", "=", playId)
    // Another's play is as unknown as one that never was.
    .where("listener", "=", key)
    .where("tracks.deleted_at", "is", null)
    .forUpdate("plays")
    .executeTakeFirst();
  if (play === undefined) throw new UnknownPlay();
  return play;
}

async function count(tx: Transaction<Schema>, trackId: number): Promise<number> {
  const { plays } = await tx
    .insertInto("play_counts")
    .values({ track_id: trackId, plays: 1 })
    .onConflict((conflict) =>
      conflict.column("track_id").doUpdateSet({ plays: sql<number>`play_counts.plays + 1` }),
    )
    .returning("plays")
    .executeTakeFirstOrThrow();
  return plays;
}

async function countOf(tx: Transaction<Schema>, trackId: number): Promise<number> {
  const row = await tx
    .selectFrom("play_counts")
    .select("plays")
    .where("track_id", "=", trackId)
    .executeTakeFirst();
  return row?.plays ?? 0;
}

async function scrobbleOf(tx: Transaction<Schema>, playId: string): Promise<WriteState | null> {
  const record = await tx
    .selectFrom("plays")
    .innerJoin("pds_records as record", "record.id", "plays.record_id")
    .select(["record.did", "collection", "rkey", "state", "reason", "state_since"])
    .where("plays.id", "=", playId)
    .executeTakeFirst();
  return record === undefined ? null : writeState(record);
}
