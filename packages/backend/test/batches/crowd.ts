import { until, xrpc, type Gate, type Passage } from "@plyr/dev";
import { sql } from "kysely";
import { z } from "zod";
import type { Likes } from "../../src/likes/likes.js";
import { collections, type Stage, type Track } from "../records/stage.js";

export const applied = xrpc("com.atproto.repo.applyWrites");
export const put = xrpc("com.atproto.repo.putRecord");
export const removed = xrpc("com.atproto.repo.deleteRecord");

const batch = z.object({ writes: z.array(z.looseObject({ $type: z.string(), rkey: z.string() })) });

/** What a batch asked for, as it passed the gate. */
export function writesOf({ request }: Pick<Passage, "request">) {
  return batch.parse(JSON.parse(request.body)).writes;
}

/** What went to the PDS since then, by method. */
export function callsSince(gate: Gate, from: number) {
  const passages = gate.passages.slice(from);
  const of = (match: typeof put) => passages.filter(({ request }) => match(request));
  return { batches: of(applied), puts: of(put), removals: of(removed) };
}

/** Has many likes accepted that no queue knows of yet: their process died. */
export async function likeMany(stage: Stage, count: number, likes?: Likes): Promise<Track[]> {
  const dying = likes ?? (await stage.dyingLikes());
  const tracks: Track[] = [];
  for (let index = 0; index < count; index += 1) tracks.push(await stage.newTrack());
  for (const track of tracks) await dying.like(stage.listener, track.id);
  return tracks;
}

/** Has the sweep find at once what no queue knows of. */
export async function findAll(stage: Stage): Promise<void> {
  await stage.db
    .updateTable("intents")
    .set({ check_at: sql<Date>`now()` })
    .where("state", "=", "open")
    .execute();
}

/** Resolves when nothing is owed to anybody any more. */
export async function allDone(stage: Stage, within = 30_000): Promise<void> {
  await until("no intent is open", async () => (await openIntents(stage)) === 0, { within });
}

export async function openIntents(stage: Stage): Promise<number> {
  const rows = await stage.db.selectFrom("intents").select("id").where("state", "=", "open").execute();
  return rows.length;
}

/** The listener's like records of these tracks, as the database knows them. */
export async function rowsOf(stage: Stage, tracks: readonly Track[]) {
  return stage.db
    .selectFrom("pds_records")
    .innerJoin("likes", "likes.record_id", "pds_records.id")
    .selectAll("pds_records")
    .select("likes.track_id")
    .where("pds_records.collection", "=", collections.like)
    .where(
      "likes.track_id",
      "in",
      tracks.map(({ id }) => id),
    )
    .orderBy("accepted_at")
    .execute();
}
