import { randomUUID } from "node:crypto";
import { createReadStream, createWriteStream, mkdirSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { addAbortSignal } from "node:stream";
import { pipeline } from "node:stream/promises";
import { demandKey, NotStored, storing, unavailable, type Storage } from "./storage.js";

const INCOMING = ".incoming";
/** Read at a time, and held before it is written; bytes. Node's own 64 KiB make a large file cost twice as much work. */
const READ = 256 * 1024;
const WRITTEN = 1024 * 1024;

/**
 * Files in a folder. A file is written aside, flushed to the disk and moved into place, so that a crash leaves either
 * all of it or nothing under its name.
 *
 * @param folder absolute; made when it is not there
 * @throws when the folder can't be made or written to
 */
export function openFolderStorage(folder: string): Storage {
  const incoming = join(folder, INCOMING);
  mkdirSync(incoming, { recursive: true, mode: 0o700 });
  const place = (key: string): string => {
    demandKey(key);
    return join(folder, key);
  };
  // A slash is no part of a key's segments, so no two keys share a name here.
  const draftName = (key: string): string => `${key.replaceAll("/", "%")}%`;

  return {
    async put(key, content, { signal }) {
      const path = place(key);
      const draft = join(incoming, draftName(key) + randomUUID());
      if (signal !== undefined) addAbortSignal(signal, content);
      return storing(key, content, async () => {
        try {
          const file = createWriteStream(draft, {
            flags: "wx",
            mode: 0o600,
            flush: true,
            highWaterMark: WRITTEN,
          });
          await pipeline(content, file);
          await mkdir(dirname(path), { recursive: true, mode: 0o700 });
          await rename(draft, path);
          return { size: file.bytesWritten };
        } catch (error) {
          await rm(draft, { force: true });
          throw error;
        }
      });
    },

    async get(key, range) {
      // Opened first, so that a missing file is an error here and not in the middle of an answer.
      const file = await open(place(key), "r").catch((error: unknown) => {
        throw isMissing(error) ? new NotStored(key) : unavailable(`${key} could not be read`, error);
      });
      return createReadStream("", { fd: file, highWaterMark: READ, ...range });
    },

    async head(key) {
      const path = place(key);
      try {
        return { size: (await stat(path)).size };
      } catch (error) {
        if (isMissing(error)) return null;
        throw unavailable(`${key} could not be looked up`, error);
      }
    },

    async delete(key) {
      const path = place(key);
      try {
        await unlink(path);
      } catch (error) {
        if (!isMissing(error)) throw unavailable(`${key} could not be deleted`, error);
      }
    },

    async abort(key) {
      demandKey(key);
      const names = await readdir(incoming);
      const left = names.filter((name) => name.startsWith(draftName(key)));
      await Promise.all(left.map((name) => rm(join(incoming, name), { force: true })));
    },

    url: () => Promise.resolve(null),
    close: () => undefined,
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
