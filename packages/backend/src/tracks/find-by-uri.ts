import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";

/** @param uri of a record, `at://did/collection/rkey` @returns the id of the track that it stands for; null: none that is there */
export async function findTrackByUri(db: Kysely<Schema>, uri: string): Promise<number | null> {
  const [did = "", collection = "", rkey = ""] = uri.replace(/^at:\/\//, "").split("/");
  const track = await db
    .selectFrom("pds_records as record")
    .innerJoin("tracks", "tracks.record_id", "record.id")
    .select("tracks.id")
    .where("record.did", "=", did)
    .where("record.collection", "=", collection)
    .where("record.rkey", "=", rkey)
    .where("tracks.deleted_at", "is", null)
    .executeTakeFirst();
  return track?.id ?? null;
}
