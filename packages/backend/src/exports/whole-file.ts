import type { Readable } from "node:stream";
import { unavailable, type Storage } from "../storage/storage.js";

/** Times in a row that reading may break off at the same byte. */
const BREAKS = 3;

/**
 * A stored file's content. A line that breaks in the middle is taken up where it broke: an archive that is nearly
 * written isn't begun anew for that.
 *
 * @param size of the file, in bytes
 * @returns once its first byte is on its way
 * @throws {NotStored} {StorageUnavailable}, both also while it is read
 */
export async function openWholeFile(
  storage: Storage,
  key: string,
  size: number,
): Promise<AsyncIterable<Uint8Array>> {
  const first = await storage.get(key);
  // Whoever asked may never read it; an error then is nobody's.
  first.on("error", () => undefined);
  return wholeFile(storage, key, size, first);
}

async function* wholeFile(
  storage: Storage,
  key: string,
  size: number,
  first: Readable,
): AsyncGenerator<Uint8Array> {
  let stream = first;
  let at = 0;
  for (let breaks = 0; at < size; breaks += 1) {
    if (breaks > 0) stream = await storage.get(key, { start: at, end: size - 1 });
    const began = at;
    const broken = yield* chunksOf(stream, (length) => {
      at += length;
    });
    if (at > began) breaks = 0;
    if (at < size && breaks >= BREAKS)
      throw unavailable(`${key} could not be read to its end`, broken ?? "it is shorter than it was");
  }
}

/** @returns what the stream broke with, undefined when it ended */
async function* chunksOf(
  stream: Readable,
  onChunk: (length: number) => void,
): AsyncGenerator<Uint8Array, unknown> {
  const chunks: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      let next: IteratorResult<Uint8Array>;
      try {
        next = await chunks.next();
      } catch (error) {
        return error;
      }
      if (next.done === true) return undefined;
      onChunk(next.value.byteLength);
      yield next.value;
    }
  } finally {
    stream.destroy();
  }
}
