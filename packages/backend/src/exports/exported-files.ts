import { createHash } from "node:crypto";
import type { Kysely } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.js";
import { recordUri } from "../records/write-state.js";
import { NotStored, type Storage } from "../storage/storage.js";
import { ArchiveNames } from "./archive-names.js";
import type { ExportedTrack, LeftOut, Manifest } from "./manifest.js";
import type { PdsAudio } from "./pds-audio.js";
import { openWholeFile } from "./whole-file.js";
import type { PackedFile } from "./write-archive.js";

export interface ExportedFilesParts {
  readonly db: Kysely<Schema>;
  readonly storage: Storage;
  readonly artist: { readonly did: string; readonly handle: string };
  /** For tracks whose audio is only there; it is put at `stagedKey`. */
  readonly pdsAudio: PdsAudio;
  readonly stagedKey: string;
  /** Called as audio goes into the archive. */
  readonly onBytes: (bytes: number) => void;
  /** Called when a track has been dealt with. */
  readonly onTrack: () => void;
}

const DELETED = "You deleted it while the export was being made.";
const NOWHERE = "Its audio is not with us, and its record names none on your PDS.";
const LOST = "Its file is missing from our storage.";

const withBlob = z.object({
  audioBlob: z.object({ ref: z.object({ $link: z.string() }), size: z.int().positive() }),
});

/** Where a track's audio is, opened. */
interface Found {
  readonly content: AsyncIterable<Uint8Array>;
  readonly source: ExportedTrack["source"];
}

/** The files of an artist's archive, one after the other, and at the end the manifest that tells of all of them. */
export class ExportedFiles {
  readonly #parts: ExportedFilesParts;
  readonly #tracks: ExportedTrack[] = [];
  readonly #leftOut: LeftOut[] = [];
  readonly #names = new ArchiveNames();
  readonly #madeAt = new Date();

  constructor(parts: ExportedFilesParts) {
    this.#parts = parts;
  }

  /** Complete when `all` has come to its end. */
  get manifest(): Manifest {
    const { artist } = this.#parts;
    return { artist, madeAt: this.#madeAt.toISOString(), tracks: this.#tracks, leftOut: this.#leftOut };
  }

  /** @throws {StorageUnavailable} */
  async *all(): AsyncGenerator<PackedFile> {
    for (const listed of await this.#list()) {
      yield* this.#fileOf(listed);
      this.#parts.onTrack();
    }
    const text = `${JSON.stringify(this.manifest, null, 2)}\n`;
    yield { name: "manifest.json", content: [Buffer.from(text)], modified: this.#madeAt };
  }

  async *#fileOf(listed: Track): AsyncGenerator<PackedFile> {
    const { db, artist } = this.#parts;
    // It may have been changed or deleted since the export began.
    const track = await tracksOf(db, artist.did).where("tracks.id", "=", listed.id).executeTakeFirst();
    if (track === undefined) {
      this.#leaveOut(listed, DELETED);
      return;
    }
    const found = await this.#find(track);
    if ("missing" in found) {
      this.#leaveOut(track, found.missing);
      return;
    }
    const file = `audio/${this.#names.take(track.title, track.file_type)}`;
    const hash = createHash("sha256");
    let size = 0;
    const { onBytes } = this.#parts;
    const { content, source } = found;
    async function* measured(): AsyncGenerator<Uint8Array> {
      for await (const chunk of content) {
        hash.update(chunk);
        size += chunk.byteLength;
        onBytes(chunk.byteLength);
        yield chunk;
      }
    }
    yield { name: file, content: measured(), modified: track.created_at };
    // Asked for the next one: this one is in.
    this.#tracks.push({ ...described(track), file, size, sha256: hash.digest("hex"), source });
  }

  async #find(track: Track): Promise<Found | { missing: string }> {
    const { storage, pdsAudio, stagedKey } = this.#parts;
    if (track.file_key !== null) {
      const content = await stored(storage, track.file_key);
      return content === null ? { missing: LOST } : { content, source: "storage" };
    }
    const named = withBlob.safeParse(track.wish);
    if (!named.success) return { missing: NOWHERE };
    const { ref, size } = named.data.audioBlob;
    const brought = await pdsAudio.bring({ cid: ref.$link, size });
    if ("missing" in brought) return brought;
    return { content: await openWholeFile(storage, stagedKey, brought.size), source: "pds" };
  }

  #leaveOut(track: Track, reason: string): void {
    this.#leftOut.push({ id: track.id, title: track.title, uri: recordUri(track), reason });
  }

  async #list(): Promise<Track[]> {
    return tracksOf(this.#parts.db, this.#parts.artist.did).orderBy("tracks.id").execute();
  }
}

type Track = Awaited<ReturnType<ReturnType<typeof tracksOf>["executeTakeFirstOrThrow"]>>;

function tracksOf(db: Kysely<Schema>, did: string) {
  return db
    .selectFrom("tracks")
    .innerJoin("pds_records as record", "record.id", "tracks.record_id")
    .select(["tracks.id", "title", "description", "file_type", "duration", "file_key", "tracks.created_at"])
    .select(["record.did", "record.collection", "record.rkey", "record.confirmed_cid", "record.wish"])
    .where("artist_did", "=", did)
    .where("deleted_at", "is", null);
}

function described(track: Track) {
  return {
    id: track.id,
    title: track.title,
    description: track.description,
    uri: recordUri(track),
    cid: track.confirmed_cid,
    fileType: track.file_type,
    duration: track.duration,
    createdAt: track.created_at.toISOString(),
  };
}

/** @returns null when there is no such file @throws {StorageUnavailable} */
async function stored(storage: Storage, key: string): Promise<AsyncIterable<Uint8Array> | null> {
  const found = await storage.head(key);
  if (found === null) return null;
  try {
    return await openWholeFile(storage, key, found.size);
  } catch (error) {
    // Deleted between the two questions.
    if (error instanceof NotStored) return null;
    throw error;
  }
}
