import { Readable } from "node:stream";
import type { Context } from "hono";
import { NotStored, type Storage } from "../storage/storage.js";
import { parseRange } from "./byte-range.js";
import { Problem } from "./problem.js";

/** A file in the storage whose content never changes. */
export interface StoredFile {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly contentType: string;
  /** Without its quotes. */
  readonly etag: string;
  /** For people, as in "The audio". */
  readonly name: string;
}

/**
 * Answers with a stored file, whole or in parts.
 *
 * @throws {Problem} 416; 404 when it is gone
 * @throws {StorageUnavailable}
 */
export async function answerStored(c: Context, storage: Storage, file: StoredFile): Promise<Response> {
  const etag = `"${file.etag}"`;
  c.header("accept-ranges", "bytes");
  c.header("etag", etag);
  if (c.req.header("if-none-match") === etag) return c.body(null, 304);

  const range = wantsPart(c, etag) ? parseRange(c.req.header("range"), file.size) : null;
  if (range === "unsatisfiable") {
    c.header("content-range", `bytes */${String(file.size)}`);
    throw new Problem(416, "no_such_part", `${file.name} has ${String(file.size)} bytes`, "range");
  }
  const { start, end } = range ?? { start: 0, end: file.size - 1 };
  c.header("content-type", file.contentType);
  c.header("content-length", String(end - start + 1));
  if (range !== null) c.header("content-range", `bytes ${String(start)}-${String(end)}/${String(file.size)}`);
  const status = range === null ? 200 : 206;
  if (c.req.method === "HEAD") return c.body(null, status);
  const content = await storage.get(file.key, range ?? undefined).catch((error: unknown) => {
    // Deleted between the two questions.
    throw error instanceof NotStored ? new Problem(404, "not_found", `${file.name} is gone`) : error;
  });
  return c.body(Readable.toWeb(content), status);
}

function wantsPart(c: Context, etag: string): boolean {
  const condition = c.req.header("if-range");
  return condition === undefined || condition === etag;
}
