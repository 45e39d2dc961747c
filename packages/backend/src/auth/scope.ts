import { collectionsOf, type TealCollections } from "../records/collections.js";

/**
 * What is asked of a person's PDS: their identity, and writing the collections that we own there, each by name
 * (a PDS drops a wildcard in silence).
 */
export function askedScope(namespace: string): string {
  const { like, comment, list, profile } = collectionsOf(namespace);
  const records = [like, comment, list, profile].map((collection) => `repo:${collection}`);
  return ["atproto", ...records, publishingScope(namespace)].join(" ");
}

/** The part of it that an artist needs. Grants from before it was asked for lack it, and go on for likes. */
export function publishingScope(namespace: string): string {
  return `repo:${collectionsOf(namespace).track} ${AUDIO_BLOBS}`;
}

/** What is asked besides of those who want their plays scrobbled, and only of them. A grant may lack it. */
export function scrobblingScope({ play, status }: TealCollections): string {
  return `repo:${play} repo:${status}`;
}

const AUDIO_BLOBS = "blob:audio/*";

/** A PDS granted less than was asked, so that some of the promised writes could never be made. */
export class NarrowedGrant extends Error {
  override readonly name = "NarrowedGrant";
  readonly missing: readonly string[];

  constructor(did: string, missing: readonly string[]) {
    super(`The PDS of ${did} granted less than was asked: ${missing.join(", ")} is missing`);
    this.missing = missing;
  }
}

/** @throws {NarrowedGrant} when `granted` lacks a part of `expected` (both space-separated) */
export function demandScope(did: string, expected: string, granted: string): void {
  const missing = missingScope(expected, granted);
  if (missing.length > 0) throw new NarrowedGrant(did, missing);
}

/** What of `expected` is not in `granted` (both space-separated). */
export function missingScope(expected: string, granted: string): string[] {
  const parts = new Set(granted.split(" "));
  return expected.split(" ").filter((part) => !parts.has(part));
}
