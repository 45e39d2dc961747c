import type { ByteRange } from "../storage/storage.js";

/**
 * The part of a file that a `Range` header asks for.
 *
 * @param size of the file, in bytes
 * @returns null: all of it (no header, or one that may be ignored); `unsatisfiable`: the file has no such part
 */
export function parseRange(header: string | undefined, size: number): ByteRange | null | "unsatisfiable" {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return null;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  // The end before the start makes no sense, and such a header is to be ignored.
  if (last !== "" && Number(last) < start) return null;
  return start >= size ? "unsatisfiable" : { start, end };
}
