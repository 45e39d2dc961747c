import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import ZipStream from "zip-stream";
import type { Storage } from "../storage/storage.js";

/** A file on its way into an archive. */
export interface PackedFile {
  /** Safe and unlike all others; `/` parts folders. */
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  readonly modified: Date;
}

export interface ArchiveOptions {
  /** Under which a browser saves it: ASCII letters, digits, dots and dashes. */
  readonly fileName: string;
  /** About how large it will be; bytes. */
  readonly expected: number;
  /** Gives it up. */
  readonly signal: AbortSignal;
}

/** Bytes that may lie between the archive and the storage. */
const WINDOW = 1024 * 1024;
/** With a mode of Unix the archive counts as made there: unzip takes names for DOS's otherwise, and garbles them. */
const READABLE = 0o644;
/** A storage that hangs doesn't hear that a file was given up; after this long nobody waits for it. Milliseconds. */
const FAREWELL = 5_000;

/**
 * Writes files into a zip in the storage: stored and not compressed (audio is already), zip64 where it must be. Each
 * file is asked for when the one before is in, and read as fast as the storage takes the archive.
 *
 * @param files what it throws ends the archive, and comes back as it is
 * @returns the archive's size in bytes
 * @throws {StorageUnavailable}; `signal`'s reason. Nothing is left then, unless the storage is away
 */
export async function writeArchive(
  storage: Storage,
  key: string,
  files: AsyncIterable<PackedFile>,
  { fileName, expected, signal }: ArchiveOptions,
): Promise<{ size: number }> {
  signal.throwIfAborted();
  const zip = new ZipStream({ store: true, highWaterMark: WINDOW });
  const out = new PassThrough({ highWaterMark: WINDOW });
  const flowing = pipeline(zip, out);
  // What goes wrong here the storage says, too.
  flowing.catch(() => undefined);
  const putting = storage.put(key, out, { contentType: "application/zip", fileName, expected, signal });
  const filling = fill(zip, files).catch((error: unknown) => {
    // The storage is told by the content's own failure, and clears away what it has.
    zip.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  const { tooLate, over } = farewell(signal);
  try {
    return await Promise.race([putting, tooLate]);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    zip.destroy();
    await Promise.race([Promise.allSettled([putting, filling, flowing]), tooLate]).catch(() => undefined);
    over();
  }
}

async function fill(zip: ZipStream, files: AsyncIterable<PackedFile>): Promise<void> {
  // An archive whose storage has failed takes nothing more, and wouldn't say so.
  const { promise: closed, reject } = Promise.withResolvers<never>();
  closed.catch(() => undefined);
  zip.once("close", () => {
    reject(new Error("the archive was closed before its end"));
  });
  for await (const file of files) await Promise.race([add(zip, file), closed]);
  zip.finalize();
}

async function add(zip: ZipStream, { name, content, modified }: PackedFile): Promise<void> {
  const source = Readable.from(content, { objectMode: false });
  const closing = (): void => {
    source.destroy();
  };
  zip.once("close", closing);
  try {
    await new Promise<void>((resolve, reject) => {
      zip.entry(source, { name, date: modified, store: true, mode: READABLE }, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  } finally {
    zip.off("close", closing);
    source.destroy();
  }
}

/** Rejects some seconds after `signal` is aborted: from then on nobody waits for what doesn't heed it. */
function farewell(signal: AbortSignal): { tooLate: Promise<never>; over: () => void } {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  tooLate.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    timer = setTimeout(() => {
      reject(new Error("the storage did not give the archive up in time"));
    }, FAREWELL);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  return {
    tooLate,
    over: () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    },
  };
}
