import { z } from "zod";
import type { Json } from "../database/json.js";
import type { Content } from "../fingerprints/contents.js";

const seconds = z.number().nonnegative();

/** Work that is in a track, or seems to be. */
export const match = z.object({
  /** Who says so: the operator's catalogue, another artist's track here, or AuDD. */
  source: z.enum(["catalogue", "track", "audd"]),
  title: z.string(),
  artist: z.string(),
  /** Its number in the catalogue, or of the track. */
  id: z.int().nullable(),
  /** Goes by the uploader's own name. */
  ownName: z.boolean(),
  /** Alike enough to be the same; else a person should look. */
  same: z.boolean(),
  /** Where: `at` in the track, `from` in the other work (null: not known), and how long. */
  stretches: z.array(z.object({ at: seconds, from: seconds.nullable(), length: seconds })),
  /** The part of the fingerprint's bits that differ at the best place; null where there is no such figure. */
  errorRate: z.number().nullable(),
});
export type Match = z.infer<typeof match>;

/** What a track was compared with. */
export const compared = z.object({
  scanner: z.string(),
  version: z.string(),
  /** How many works of the catalogue and tracks of others; null where another service does not say. */
  catalogue: z.int().nullable(),
  tracks: z.int().nullable(),
});
export type Compared = z.infer<typeof compared>;

export interface ScanSubject {
  readonly trackId: number;
  readonly artistDid: string;
  /** Handle and display name of whoever uploaded it. */
  readonly names: readonly string[];
  readonly content: Content;
  /** Of the audio in our storage. */
  readonly fileKey: string;
}

export interface Finding {
  readonly state: "clear" | "flagged" | "review";
  /** In words; null when there is nothing to say. */
  readonly reason: string | null;
  readonly matches: readonly Match[];
  readonly compared: Compared;
  /** What another service answered, as it came. */
  readonly response: Json | null;
}

/** It could not be compared, and trying again would not change that. */
export class ScanFailed extends Error {
  override readonly name = "ScanFailed";
  readonly response: Json | null;

  /** @param message for the artist and the operator */
  constructor(message: string, options: { cause?: unknown; response?: Json } = {}) {
    super(message, { cause: options.cause });
    this.response = options.response ?? null;
  }
}

/** It can't be compared now, and is tried again by itself. */
export class ScanPutOff extends Error {
  override readonly name = "ScanPutOff";
  /** Null: after the pause of an outage. */
  readonly until: Date | null;
  /** Whether something must be set right first: shown as `failed`, else as `pending`. */
  readonly broken: boolean;
  /** Whether it may be this track's own doing, so that others must not wait behind it for ever. */
  readonly mayBeTheTrack: boolean;

  /** @param message for the artist and the operator */
  constructor(
    message: string,
    options: { cause?: unknown; until?: Date | null; broken?: boolean; mayBeTheTrack?: boolean } = {},
  ) {
    super(message, { cause: options.cause });
    this.until = options.until ?? null;
    this.broken = options.broken ?? false;
    this.mayBeTheTrack = options.mayBeTheTrack ?? false;
  }
}

/** Compares a track's audio with works of others. */
export interface Scanner {
  /** @throws {ScanFailed} {ScanPutOff}; never says `clear` of what it could not compare */
  scan(subject: ScanSubject, signal: AbortSignal): Promise<Finding>;
}
