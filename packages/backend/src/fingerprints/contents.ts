import { sql, type Kysely, type Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import { FINGERPRINT_KIND } from "./chromaprint.js";
import type { Heard } from "./hear.js";
import type { KnownContent } from "./thread-messages.js";

/** An audio file's content, as it is stored. */
export interface Content extends Heard {
  readonly id: number;
  readonly sha256: string;
}

/** Any number that nothing else locks. */
const NUMBERING = 5_301_774;

/**
 * Stores a content, once.
 *
 * @returns its id. Ids become visible in their order, so that whoever has read up to one has missed none
 */
export async function saveContent(tx: Transaction<Schema>, sha256: string, heard: Heard): Promise<number> {
  await sql`select pg_advisory_xact_lock(${NUMBERING})`.execute(tx);
  const known = await tx
    .selectFrom("audio_contents")
    .select("id")
    .where("sha256", "=", sha256)
    .executeTakeFirst();
  if (known !== undefined) return known.id;
  const { id } = await tx
    .insertInto("audio_contents")
    .values({
      sha256,
      seconds: heard.seconds,
      audible: heard.audible,
      fingerprint_kind: FINGERPRINT_KIND,
      fingerprint: toBytes(heard.fingerprint),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

export async function readContent(
  db: Kysely<Schema>,
  by: { id: number } | { sha256: string },
): Promise<Content | undefined> {
  let query = db
    .selectFrom("audio_contents")
    .select(["id", "sha256", "seconds", "audible", "fingerprint"])
    .where("fingerprint_kind", "=", FINGERPRINT_KIND);
  query = "id" in by ? query.where("id", "=", by.id) : query.where("sha256", "=", by.sha256);
  const row = await query.executeTakeFirst();
  return row && { ...row, fingerprint: toItems(row.fingerprint) };
}

/** The contents after one, in their order. */
export async function contentsAfter(db: Kysely<Schema>, id: number, most: number): Promise<KnownContent[]> {
  const rows = await db
    .selectFrom("audio_contents")
    .select(["id", "fingerprint"])
    .where("id", ">", id)
    .where("fingerprint_kind", "=", FINGERPRINT_KIND)
    .orderBy("id")
    .limit(most)
    .execute();
  return rows.map((row) => ({ content: row.id, fingerprint: toItems(row.fingerprint) }));
}

export function toBytes(items: Uint32Array): Buffer {
  const bytes = Buffer.alloc(items.length * 4);
  items.forEach((item, index) => bytes.writeUInt32LE(item, index * 4));
  return bytes;
}

export function toItems(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.length >>> 2 }, (_, index) => view.getUint32(index * 4, true));
}
