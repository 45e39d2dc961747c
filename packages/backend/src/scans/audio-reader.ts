import { createHash, type Hash } from "node:crypto";
import { addAbortSignal, type Readable } from "node:stream";
import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { readContent, saveContent, type Content } from "../fingerprints/contents.js";
import { DecoderMissing, Undecodable } from "../fingerprints/decode.js";
import type { FingerprintThread } from "../fingerprints/fingerprint-thread.js";
import { hear, type Heard } from "../fingerprints/hear.js";
import { writeScratch } from "../fingerprints/scratch-file.js";
import { NotStored, StorageUnavailable, type Storage } from "../storage/storage.js";
import { ScanFailed, ScanPutOff } from "./scanner.js";

export interface AudioReaderParts {
  readonly db: Kysely<Schema>;
  readonly storage: Storage;
  readonly thread: FingerprintThread;
  /** ffmpeg's name or path. */
  readonly ffmpeg: string;
  /** Absolute. Holds one file at a time, as large as an upload. */
  readonly scratchDir: string;
}

/** A file may be this much shorter than it says, in seconds: encoders pad, and the length is a rounded one. */
const LEEWAY = { part: 0.01, least: 1, most: 5 };

/** Reads stored audio: what file it is, how long, and its fingerprint. One at a time in each process. */
export class AudioReader {
  readonly #parts: AudioReaderParts;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: AudioReaderParts) {
    this.#parts = parts;
  }

  /**
   * @param said how long the file says it is; seconds
   * @throws {ScanFailed} when it is damaged, shortened or gone
   * @throws {ScanPutOff} when the storage is away or ffmpeg is missing
   */
  read(key: string, said: number, signal: AbortSignal): Promise<Content> {
    const reading = this.#turn.then(() => this.#read(key, said, signal).catch(inOurWords));
    this.#turn = reading.catch(() => undefined);
    return reading;
  }

  async #read(key: string, said: number, signal: AbortSignal): Promise<Content> {
    const { db, storage, thread, ffmpeg, scratchDir } = this.#parts;
    signal.throwIfAborted();
    const hash = createHash("sha256");
    const stored = addAbortSignal(signal, await storage.get(key));
    await using file = await writeScratch(scratchDir, hashing(stored, hash));
    signal.throwIfAborted();
    const sha256 = hash.digest("hex");
    const known = await readContent(db, { sha256 });
    const heard = known ?? (await hear(file.fd, { thread, program: ffmpeg, signal }));
    demandWhole(heard, said);
    if (known !== undefined) return known;
    const id = await db.transaction().execute((tx) => saveContent(tx, sha256, heard));
    return { id, sha256, ...heard };
  }
}

function demandWhole({ seconds }: Heard, said: number): void {
  const leeway = Math.min(LEEWAY.most, Math.max(LEEWAY.least, said * LEEWAY.part));
  if (seconds >= said - leeway) return;
  const decoded = seconds.toFixed(1);
  throw new ScanFailed(
    `The file is damaged: it says that it is ${String(said)} s long, but only ${decoded} s of it can be played.`,
  );
}

async function* hashing(stored: Readable, hash: Hash): AsyncGenerator<Buffer> {
  try {
    const chunks: AsyncIterable<Buffer> = stored;
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof StorageUnavailable) throw error;
    // A stream that breaks off is the storage's doing, however it says so.
    const why = error instanceof Error ? error.message : String(error);
    throw new StorageUnavailable(`the audio could not be read to its end: ${why}`, { cause: error });
  }
}

function inOurWords(error: unknown): never {
  if (error instanceof Undecodable) throw new ScanFailed(error.message, { cause: error });
  if (error instanceof NotStored)
    throw new ScanFailed("The audio is gone from our storage.", { cause: error });
  if (error instanceof StorageUnavailable)
    throw new ScanPutOff("Our storage can't be reached. Trying again by itself.", { cause: error });
  if (error instanceof DecoderMissing) {
    const words = `${error.message} The operator must install it; then it goes on by itself.`;
    throw new ScanPutOff(words, { cause: error, broken: true });
  }
  throw error;
}
