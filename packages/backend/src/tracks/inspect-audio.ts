import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { fileTypeFromStream } from "file-type";
import { parseStream, type IAudioMetadata } from "music-metadata";
import type { Storage } from "../storage/storage.js";

export interface AudioFacts {
  /** As the record names it. */
  readonly fileType: "mp3" | "wav" | "flac" | "m4a" | "ogg";
  readonly mimeType: string;
  /** Seconds, whole. */
  readonly duration: number;
  /** From its tags. */
  readonly title: string | null;
}

/** The file is not audio that is taken in here. The message is for whoever sent it. */
export class NotAudio extends Error {
  override readonly name = "NotAudio";
}

type Kind = Pick<AudioFacts, "fileType" | "mimeType">;

const MP3: Kind = { fileType: "mp3", mimeType: "audio/mpeg" };
const WAV: Kind = { fileType: "wav", mimeType: "audio/wav" };
const FLAC: Kind = { fileType: "flac", mimeType: "audio/flac" };
const M4A: Kind = { fileType: "m4a", mimeType: "audio/mp4" };
const OGG: Kind = { fileType: "ogg", mimeType: "audio/ogg" };

/** By what the content says of itself. An `mp4` may turn out to be a film. */
const KINDS: ReadonlyMap<string, Kind> = new Map([
  ["mp3", MP3],
  ["wav", WAV],
  ["flac", FLAC],
  ["m4a", M4A],
  ["mp4", M4A],
  ["ogg", OGG],
  ["oga", OGG],
  ["opus", OGG],
  ["spx", OGG],
]);

/** Below this many bits a second nothing can be heard: the file ends long before its header says. */
const FEWEST_BITS = 2_000;
const PATIENCE = 60_000;
const SHORT = "The file is damaged: it ends before its audio does";
const BROKEN = "The file is damaged: its audio can't be read";

/**
 * Finds out what a stored file is, by its content and not its name, without holding it in memory.
 *
 * @throws {NotAudio} when it is not mp3, wav, flac, m4a or ogg, or can't be played
 * @throws {StorageUnavailable}
 */
export async function inspectAudio(storage: Storage, key: string, size: number): Promise<AudioFacts> {
  if (size === 0) throw new NotAudio("The file is empty");
  const kind = await kindOf(storage, key);
  const { format, common } = await reading(storage, key, (stream) =>
    parseStream(stream, { mimeType: kind.mimeType, size }, { duration: true, skipCovers: true }),
  ).catch((error: unknown) => {
    throw isParseTrouble(error) ? new NotAudio(BROKEN, { cause: error }) : error;
  });
  if (format.hasVideo === true)
    throw new NotAudio("The file is a film; allowed is mp3, wav, flac, m4a and ogg");
  if (kind === WAV) await demandWholeWav(storage, key, size);
  return { ...kind, duration: durationOf(format, size), title: common.title ?? null };
}

async function kindOf(storage: Storage, key: string): Promise<Kind> {
  const found = await reading(storage, key, (stream) => fileTypeFromStream(Readable.toWeb(stream)));
  const kind = KINDS.get(found?.ext ?? "");
  if (kind !== undefined) return kind;
  const is = found === undefined ? "The file is no audio that we know" : `The file is ${found.ext}`;
  throw new NotAudio(`${is}; allowed is mp3, wav, flac, m4a and ogg`);
}

async function reading<T>(storage: Storage, key: string, work: (stream: Readable) => Promise<T>): Promise<T> {
  const stream = await storage.get(key);
  const { promise: tooLong, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new NotAudio(BROKEN));
  }, PATIENCE);
  // A stream that breaks off must not leave its reader waiting.
  stream.once("error", reject);
  try {
    return await Promise.race([work(stream), tooLong]);
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
}

/** @returns whole seconds */
function durationOf({ duration }: IAudioMetadata["format"], size: number): number {
  if (duration === undefined || !Number.isFinite(duration) || duration <= 0) throw new NotAudio(BROKEN);
  if ((size * 8) / duration < FEWEST_BITS) throw new NotAudio(SHORT);
  return Math.round(duration);
}

/** The library takes a wav for as long as it is; its head says how long it was meant to be. */
async function demandWholeWav(storage: Storage, key: string, size: number): Promise<void> {
  const head = await buffer(await storage.get(key, { start: 0, end: 7 }));
  const said = head.readUInt32LE(4);
  // What is written as it plays knows no length, and says so with all ones or none.
  if (said !== 0xffff_ffff && said !== 0 && said + 8 > size) throw new NotAudio(SHORT);
}

/** The libraries' own errors; what the storage and the network throw is something else. */
function isParseTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return !("code" in error) && error.name !== "StorageUnavailable" && error.name !== "NotAudio";
}
