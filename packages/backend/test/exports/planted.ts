import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { TID } from "@atproto/common-web";
import type { Kysely } from "kysely";
import type { Schema } from "../../src/database/schema.js";
import { collectionsOf } from "../../src/records/collections.js";
import type { Storage } from "../../src/storage/storage.js";
import { adoptTrack } from "../../src/tracks/adopt-track.js";
import { NAMESPACE } from "../http/running-service.js";

const TRACK_CID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";

export interface Artist {
  did: string;
  handle: string;
}

export interface PlantedTrack {
  title: string;
  fileType?: string;
  /** Undefined: the audio isn't in our storage. */
  content?: Buffer | undefined;
  /** Of the record, besides what each has. */
  record?: Record<string, string>;
}

/** A track as an upload leaves it, once its record is on the PDS. */
export async function plantTrack(
  db: Kysely<Schema>,
  storage: Storage,
  artist: Artist,
  { title, fileType = "wav", content, record = {} }: PlantedTrack,
): Promise<{ id: number; uri: string; key: string }> {
  const rkey = TID.nextStr();
  const collection = collectionsOf(NAMESPACE).track;
  const { id } = await adoptTrack(db, {
    artist: { ...artist, displayName: null },
    track: { title, fileType, duration: 9, audioUrl: "http://127.0.0.1:1/audio" },
    record: { collection, rkey, content: { title, ...record }, cid: TRACK_CID },
  });
  const key = `audio/${randomUUID()}`;
  if (content !== undefined) {
    await storage.put(key, Readable.from([content]), { contentType: "audio/wav" });
    await nameFile(db, id, key, content.length);
  }
  return { id, uri: `at://${artist.did}/${collection}/${rkey}`, key };
}

/** Says of a track that its audio is in our storage. */
export async function nameFile(db: Kysely<Schema>, id: number, key: string, size: number): Promise<void> {
  await db
    .updateTable("tracks")
    .set({ file_key: key, size, mime_type: "audio/wav" })
    .where("id", "=", id)
    .execute();
}
