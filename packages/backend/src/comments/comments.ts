import { sql, type Kysely, type Selectable, type Transaction } from "kysely";
import type { CommentsTable, Schema } from "../database/schema.js";
import { knownTrack, likeableTrack } from "../likes/likeable-track.js";
import type { Outbox, Schedule } from "../outbox/outbox.js";
import { collectionsOf } from "../records/collections.js";
import { commentRecord, type Remark } from "../records/comment.js";
import type { StrongRef } from "../records/like.js";
import { oneAtATime } from "../records/one-at-a-time.js";
import { wishContent, wishGone, wishRecord } from "../records/pds-record.js";
import type { TaskServices } from "../tasks/services.js";
import { writeRecord } from "../tasks/write-record.js";
import { commentsOn, ownComment, type CommentView } from "./comment-view.js";
import { NotTheAuthor, PastTheEnd, TooManyComments, UnknownComment } from "./refusals.js";

/** How many comments a person may have on one track. */
export const MOST_COMMENTS = 20;

export interface Comments {
  /**
   * What is said about a track.
   *
   * @param viewer undefined: nobody is signed in
   * @throws {UnknownTrack}
   */
  on(trackId: number, viewer: string | undefined): Promise<CommentView[]>;
  /** @throws {UnknownTrack}, {PastTheEnd}, {TooManyComments}, {InvalidRecord} */
  add(did: string, trackId: number, remark: Remark): Promise<CommentView>;
  /**
   * Changes a comment's text; to what it is already changes nothing.
   *
   * @throws {UnknownComment}, {NotTheAuthor}, {InvalidRecord}
   */
  edit(did: string, commentId: number, text: string): Promise<CommentView>;
  /**
   * Takes a comment back. Doing it again changes nothing, unless the PDS would not let it go: then it is tried once more.
   *
   * @returns null when nothing is left of it, also on the PDS
   * @throws {UnknownComment}, {NotTheAuthor}
   */
  remove(did: string, commentId: number): Promise<CommentView | null>;
}

/** @param parts.namespace of our collections, as in `fm.plyr` */
export function openComments(parts: {
  db: Kysely<Schema>;
  outbox: Outbox<TaskServices>;
  namespace: string;
}): Comments {
  const { db, outbox } = parts;
  const collection = collectionsOf(parts.namespace).comment;

  return {
    async on(trackId, viewer) {
      await knownTrack(db, trackId);
      return commentsOn(db, trackId, viewer);
    },

    add: (did, trackId, remark) =>
      outbox.transact(async (tx, schedule) => {
        const now = await oneAtATime(tx, did);
        const subject = await likeableTrack(tx, trackId);
        await demandWithin(tx, trackId, remark.timestampMs);
        await demandRoom(tx, did, trackId);
        const recordId = await wishRecord(tx, {
          did,
          collection,
          content: commentRecord(collection, subject, remark, now, null),
          awaits: subject.awaits,
        });
        const { id } = await tx
          .insertInto("comments")
          .values({
            did,
            track_id: trackId,
            record_id: recordId,
            text: remark.text,
            timestamp_ms: remark.timestampMs,
            created_at: now,
          })
          .returning("id")
          .executeTakeFirstOrThrow();
        await scheduleWrite(schedule, { id, did, record_id: recordId });
        return shown(tx, id, did);
      }),

    edit: (did, commentId, text) =>
      outbox.transact(async (tx, schedule) => {
        const now = await oneAtATime(tx, did);
        const comment = await commentOf(tx, commentId, did);
        if (comment.deleted_at !== null) throw new UnknownComment(commentId);
        if (text !== comment.text) {
          const remark: Remark = { text, timestampMs: comment.timestamp_ms };
          const subject = await subjectOf(tx, comment.record_id);
          const content = commentRecord(collection, subject, remark, comment.created_at, now);
          await wishContent(tx, comment.record_id, { collection, content });
          await tx
            .updateTable("comments")
            .set({ text, updated_at: now })
            .where("id", "=", commentId)
            .execute();
          await scheduleWrite(schedule, comment);
        }
        return shown(tx, commentId, did);
      }),

    remove: (did, commentId) =>
      outbox.transact(async (tx, schedule) => {
        const now = await oneAtATime(tx, did);
        const comment = await commentOf(tx, commentId, did);
        const before = await ownComment(tx, commentId, did);
        if (comment.deleted_at === null || before?.write?.state === "failed") {
          // What a person has taken back is not kept; the row shows what becomes of the record.
          await tx
            .updateTable("comments")
            .set({ deleted_at: now, text: "" })
            .where("id", "=", commentId)
            .execute();
          await wishGone(tx, comment.record_id);
          await scheduleWrite(schedule, comment);
        }
        return (await ownComment(tx, commentId, did)) ?? null;
      }),
  };
}

type Comment = Selectable<CommentsTable>;

/** The comment of this person. */
async function commentOf(tx: Transaction<Schema>, commentId: number, did: string): Promise<Comment> {
  const comment = await tx.selectFrom("comments").selectAll().where("id", "=", commentId).executeTakeFirst();
  if (comment === undefined) throw new UnknownComment(commentId);
  if (comment.did === did) return comment;
  throw comment.deleted_at === null ? new NotTheAuthor(commentId) : new UnknownComment(commentId);
}

/** What a comment refers to stays what it was, even when the track has been edited since. */
async function subjectOf(tx: Transaction<Schema>, recordId: string): Promise<StrongRef> {
  return (
    tx
      .selectFrom("pds_records")
      .select([
        sql<string>`wish -> 'subject' ->> 'uri'`.as("uri"),
        sql<string>`wish -> 'subject' ->> 'cid'`.as("cid"),
      ])
      .where("id", "=", recordId)
      .where("wish", "is not", null)
      // Its CID may just be filled in: what is read here must be what is replaced.
      .forUpdate()
      .executeTakeFirstOrThrow()
  );
}

async function demandWithin(tx: Transaction<Schema>, trackId: number, timestampMs: number): Promise<void> {
  const { duration } = await tx
    .selectFrom("tracks")
    .select("duration")
    .where("id", "=", trackId)
    .executeTakeFirstOrThrow();
  // Rounded to whole seconds: the last moment may lie half a second after it.
  if (timestampMs > duration * 1_000 + 500) throw new PastTheEnd(duration);
}

/** @throws {TooManyComments} */
export async function demandRoom(tx: Transaction<Schema>, did: string, trackId: number): Promise<void> {
  const { count } = await tx
    .selectFrom("comments")
    .select(sql<number>`count(*)::int`.as("count"))
    .where("did", "=", did)
    .where("track_id", "=", trackId)
    .where("deleted_at", "is", null)
    .executeTakeFirstOrThrow();
  if (count >= MOST_COMMENTS) throw new TooManyComments(MOST_COMMENTS);
}

/** What the writes of a comment are about. */
export function aboutComment(id: number): string {
  return `comment:${String(id)}`;
}

/** Each comment is a subject of its own, within which its writes keep their order. */
async function scheduleWrite(
  schedule: Schedule<TaskServices>,
  { id, did, record_id }: Pick<Comment, "id" | "did" | "record_id">,
): Promise<void> {
  await schedule(writeRecord, { recordId: record_id, did, about: aboutComment(id) });
}

async function shown(tx: Transaction<Schema>, commentId: number, did: string): Promise<CommentView> {
  const view = await ownComment(tx, commentId, did);
  if (view === undefined) throw new UnknownComment(commentId);
  return view;
}
