import type { Kysely } from "kysely";
import type { Schema, UploadPhase } from "../database/schema.js";
import { writeState, type WriteState } from "../records/write-state.js";

/** How far an upload has got, as its owner sees it. */
export interface UploadProgress {
  readonly id: string;
  readonly phase: UploadPhase;
  readonly title: string;
  /** Null until the file has become a track, and when that is gone again. */
  readonly trackId: number | null;
  /** Bytes: come in, gone to the PDS, of how many (null while that is not known). */
  readonly bytes: { readonly received: number; readonly sent: number; readonly size: number | null };
  /** Why it failed, or waits, or why the PDS has the record without the audio. */
  readonly reason: string | null;
  /** How the record stands; null without a track. */
  readonly write: WriteState | null;
}

const MOST = 50;

/** A person's own uploads, the newest first, 50 at most. @param id only this one */
export async function uploadsOf(db: Kysely<Schema>, did: string, id?: string): Promise<UploadProgress[]> {
  let query = db
    .selectFrom("uploads")
    .leftJoin("tracks", "tracks.id", "uploads.track_id")
    .leftJoin("pds_records as record", "record.id", "tracks.record_id")
    .select(["uploads.id", "phase", "uploads.title", "uploads.track_id", "received", "sent", "size"])
    .select(["uploads.reason", "blob_refused", "record.reason as record_reason"])
    .select(["record.did", "record.collection", "record.rkey", "record.state", "record.state_since"])
    .where("uploads.did", "=", did);
  if (id !== undefined) query = query.where("uploads.id", "=", id);
  const rows = await query.orderBy("uploads.created_at", "desc").limit(MOST).execute();
  return rows.map((row) => ({
    id: row.id,
    phase: row.phase,
    title: row.title,
    trackId: row.track_id,
    bytes: { received: row.received, sent: row.sent, size: row.size },
    reason: row.reason ?? row.record_reason ?? row.blob_refused,
    write: witnessed(row),
  }));
}

type Joined = Record<"did" | "collection" | "rkey", string | null> & {
  state: WriteState["state"] | null;
  state_since: Date | null;
  record_reason: string | null;
};

function witnessed({ did, collection, rkey, state, state_since, record_reason }: Joined): WriteState | null {
  if (did === null || collection === null || rkey === null || state === null || state_since === null)
    return null;
  return writeState({ did, collection, rkey, state, state_since, reason: record_reason });
}
