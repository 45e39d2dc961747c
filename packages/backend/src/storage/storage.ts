import type { Readable } from "node:stream";

/** Bytes of a stored file, both ends included, counted from 0. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface PutOptions {
  /** Told to whoever fetches it by `url`. */
  readonly contentType: string;
  /** Under which a browser saves what `url` leads to: letters, digits, dots and dashes. Unset: it shows it. */
  readonly fileName?: string;
  /** About how many bytes will come, when that is known. */
  readonly expected?: number;
  /** Gives the file up. */
  readonly signal?: AbortSignal;
}

/**
 * Where files are kept: a folder or a bucket. No file is ever held in memory as a whole. Keys are ours, never a
 * person's: letters, digits, dashes, dots and slashes (see `demandKey`).
 *
 * Every method throws {StorageUnavailable} when the storage can't do its part.
 */
export interface Storage {
  /**
   * Stores what `content` brings under a key, in place of what was there; readers see all of it or nothing. When
   * `content` fails, or `signal` is aborted, nothing is left and that error comes back as it is.
   *
   * @returns the size in bytes
   */
  put(key: string, content: Readable, options: PutOptions): Promise<{ size: number }>;
  /**
   * @param range within the file; all of it when unset
   * @throws {NotStored} when there is no such file
   */
  get(key: string, range?: ByteRange): Promise<Readable>;
  /** Its size in bytes; null when there is no such file. */
  head(key: string): Promise<{ size: number } | null>;
  /** A file that is not there is no error. */
  delete(key: string): Promise<void>;
  /** Clears away what a `put` left that never ended, as when its process was killed. */
  abort(key: string): Promise<void>;
  /**
   * An address under which anybody can fetch the file for so many seconds (1 to 604,800); null: this storage has none.
   */
  url(key: string, seconds: number): Promise<string | null>;
  close(): void;
}

/** There is no file under this key. */
export class NotStored extends Error {
  override readonly name = "NotStored";

  constructor(key: string) {
    super(`nothing is stored under ${key}`);
  }
}

/** The storage could not do what it was asked: away, full, or forbidding it. Trying again later can help. */
export class StorageUnavailable extends Error {
  override readonly name = "StorageUnavailable";
}

const KEY = /^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*(\/[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*)*$/;

/** @throws {TypeError} when a key could mean something to a file system or a URL */
export function demandKey(key: string): void {
  if (key.length > 512 || !KEY.test(key)) throw new TypeError(`${JSON.stringify(key)} is not a storage key`);
}

/**
 * Keeps apart whose fault a failed `put` is: what `content` failed with comes back as it is, everything else is the
 * storage's.
 */
export async function storing<T>(key: string, content: Readable, work: () => Promise<T>): Promise<T> {
  if (content.errored) throw content.errored;
  const broken: Error[] = [];
  content.once("error", (error) => broken.push(error));
  try {
    return await work();
  } catch (error) {
    throw broken[0] ?? unavailable(`${key} could not be stored`, error);
  }
}

/** @param what as in "x could not be read" */
export function unavailable(what: string, cause: unknown): StorageUnavailable {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StorageUnavailable(`${what}: ${why}`, { cause });
}
