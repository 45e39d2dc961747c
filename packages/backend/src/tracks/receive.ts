import { randomUUID } from "node:crypto";
import { Transform, type Readable } from "node:stream";
import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Storage } from "../storage/storage.js";

/** A file that is in the storage and belongs to no track yet. */
export interface ReceivedFile {
  readonly uploadId: string;
  readonly key: string;
  /** Bytes. */
  readonly size: number;
}

/** The file is larger than is taken in. */
export class TooLarge extends Error {
  override readonly name = "TooLarge";

  constructor(most: number) {
    super(`The file is larger than the ${String(most)} bytes that are taken in here`);
  }
}

/** Nothing came for too long. */
export class Stalled extends Error {
  override readonly name = "Stalled";
}

/** An upload whose row nobody has touched for this many seconds is nobody's any more. */
export const UNTOUCHED = 300;
/** How often the row is touched while bytes come; milliseconds. */
const TOUCH = 5_000;
const SILENCE = 60_000;

export interface ReceiveParts {
  readonly db: Kysely<Schema>;
  readonly storage: Storage;
  readonly maxUploadBytes: number;
}

/**
 * Stores a person's file. Its row is there before its first byte, so that whatever breaks, somebody can clear it away.
 *
 * @throws {TooLarge} {Stalled} {StorageUnavailable}, and what `content` fails with; nothing is left then
 */
export async function receive(parts: ReceiveParts, did: string, content: Readable): Promise<ReceivedFile> {
  const { db, storage, maxUploadBytes } = parts;
  const uploadId = randomUUID();
  const key = `audio/${uploadId}`;
  // Before anything is waited for: content that breaks off meanwhile would not be heard.
  const watched = watch(content, maxUploadBytes, (received) => {
    touch(db, uploadId, received);
  });
  await db.insertInto("uploads").values({ id: uploadId, did, file_key: key }).execute();
  try {
    const { size } = await storage.put(key, watched, { contentType: "application/octet-stream" });
    const { numUpdatedRows } = await db
      .updateTable("uploads")
      .set({ phase: "checking", received: size, touched_at: sql`now()` })
      .where("id", "=", uploadId)
      .where("phase", "=", "receiving")
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new Stalled("The upload was given up meanwhile: upload the file again");
    return { uploadId, key, size };
  } catch (error) {
    await discard(
      parts,
      { uploadId, key },
      error instanceof Error ? error.message : "It could not be stored",
    );
    throw error;
  }
}

/**
 * Ends an upload that becomes no track, and clears its file away. What the storage can't do now the reaper does later.
 *
 * @param reason for its owner
 */
export async function discard(
  { db, storage }: Pick<ReceiveParts, "db" | "storage">,
  { uploadId, key }: Pick<ReceivedFile, "uploadId" | "key">,
  reason: string,
): Promise<void> {
  await db
    .updateTable("uploads")
    .set({ phase: "failed", reason, touched_at: sql`now()` })
    .where("id", "=", uploadId)
    .where("phase", "<>", "failed")
    .execute();
  await clearAway(storage, key).then(
    () => db.updateTable("uploads").set({ file_key: null }).where("id", "=", uploadId).execute(),
    // The row still names the file: that is the reaper's list.
    () => undefined,
  );
}

/**
 * Ends the uploads of a person who leaves that became no track.
 *
 * @returns null: nothing of them is left
 * @throws {StorageUnavailable}
 */
export async function discardUploadsOf(
  { db, storage }: Pick<ReceiveParts, "db" | "storage">,
  did: string,
): Promise<null> {
  const uploads = await db
    .updateTable("uploads")
    .set({ phase: "failed", reason: "The account is being deleted", touched_at: sql`now()` })
    .where("did", "=", did)
    .where("file_key", "is not", null)
    .returning(["id", "file_key"])
    .execute();
  for (const { id, file_key: key } of uploads) {
    if (key !== null) await clearAway(storage, key);
    await db.updateTable("uploads").set({ file_key: null }).where("id", "=", id).execute();
  }
  return null;
}

/** Also what is only half there. @throws {StorageUnavailable} */
export async function clearAway(storage: Storage, key: string): Promise<void> {
  await storage.abort(key);
  await storage.delete(key);
}

function touch(db: Kysely<Schema>, uploadId: string, received: number): void {
  db.updateTable("uploads")
    .set({ received, touched_at: sql`now()` })
    .where("id", "=", uploadId)
    .execute()
    // The next one comes soon, and the row is not given up before several have failed.
    .catch(() => undefined);
}

/** Lets content through up to a size, and as long as it keeps coming. */
function watch(content: Readable, most: number, onReceived: (bytes: number) => void): Readable {
  let received = 0;
  let touched = performance.now();
  const watched = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      silence.refresh();
      received += chunk.length;
      if (received > most) {
        done(new TooLarge(most));
        return;
      }
      if (performance.now() - touched > TOUCH) {
        touched = performance.now();
        onReceived(received);
      }
      done(null, chunk);
    },
  });
  const silence = setTimeout(() => {
    watched.destroy(new Stalled("Nothing came for a minute, so the upload was given up"));
  }, SILENCE);
  content.once("error", (error) => watched.destroy(error));
  // Whoever stores it looks whether it has failed; an error that comes before that must not end the process.
  watched.on("error", () => undefined);
  watched.once("close", () => {
    clearTimeout(silence);
    content.unpipe(watched);
  });
  return content.pipe(watched);
}
