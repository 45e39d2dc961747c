import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { writeState, type WriteState } from "../records/write-state.js";

/** A comment as one person sees it. */
export interface CommentView {
  readonly id: number;
  readonly author: { readonly did: string; readonly handle: string };
  /** Empty once removed. */
  readonly text: string;
  /** The moment of the track, whole milliseconds from its start. */
  readonly timestampMs: number;
  /** ISO 8601. */
  readonly createdAt: string;
  /** When the text was last changed, ISO 8601; null: never. */
  readonly updatedAt: string | null;
  /** The author has removed it; only they see it, until it is gone from their PDS. */
  readonly removed: boolean;
  /** What becomes of the record, for its author; null for everybody else. */
  readonly write: WriteState | null;
}

const MOST = 500;

/**
 * The comments on a track, in the order of its moments; of more than 500 the newest.
 *
 * Everybody sees what was accepted. Only its author sees a comment that their PDS would not have, or that is on its way out.
 *
 * @param viewer undefined: nobody is signed in
 */
export async function commentsOn(
  db: Kysely<Schema>,
  trackId: number,
  viewer: string | undefined,
): Promise<CommentView[]> {
  const views = await select(db, viewer)
    .where("comments.track_id", "=", trackId)
    .orderBy("comments.id", "desc")
    .limit(MOST)
    .execute();
  return views
    .map((row) => viewOf(row, viewer))
    .sort((left, right) => left.timestampMs - right.timestampMs || left.id - right.id);
}

/** One comment, as its author sees it; undefined when it is gone, also from their PDS. */
export async function ownComment(
  db: Kysely<Schema>,
  commentId: number,
  author: string,
): Promise<CommentView | undefined> {
  const row = await select(db, author).where("comments.id", "=", commentId).executeTakeFirst();
  return row && viewOf(row, author);
}

type Row = Awaited<ReturnType<ReturnType<typeof select>["executeTakeFirstOrThrow"]>>;

function select(db: Kysely<Schema>, viewer: string | undefined) {
  return db
    .selectFrom("comments")
    .innerJoin("people", "people.did", "comments.did")
    .innerJoin("pds_records as record", "record.id", "comments.record_id")
    .select(["comments.id", "people.handle", "text", "timestamp_ms", "comments.created_at", "updated_at"])
    .select(["deleted_at", "record.did", "collection", "rkey", "state", "reason", "state_since"])
    .where((where) =>
      where.or([
        where.and([where("deleted_at", "is", null), where("record.state", "!=", "failed")]),
        where.and([
          where("comments.did", "=", viewer ?? ""),
          // Once the PDS is confirmed to be without it, nothing is left to show.
          where.or([where("deleted_at", "is", null), sql<boolean>`confirmed_version < wish_version`]),
        ]),
      ]),
    );
}

function viewOf(row: Row, viewer: string | undefined): CommentView {
  return {
    id: row.id,
    author: { did: row.did, handle: row.handle },
    text: row.text,
    timestampMs: row.timestamp_ms,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at?.toISOString() ?? null,
    removed: row.deleted_at !== null,
    write: row.did === viewer ? writeState(row) : null,
  };
}
