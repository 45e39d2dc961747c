import type { RecordContent } from "../database/schema.js";

/** What a track's record says. */
export interface TrackFacts {
  readonly title: string;
  /** Of the artist. */
  readonly artist: string;
  /** As in `mp3`. */
  readonly fileType: string;
  readonly createdAt: Date;
  readonly audioUrl: string;
  /** Seconds, whole. */
  readonly duration: number;
  readonly description: string | null;
  /** The title of the album that it is on. */
  readonly album: string | null;
  /** The audio on the artist's PDS; without a record that names it, the PDS throws it away. */
  readonly blob: RecordContent | null;
}

/** The content of a track record. */
export function trackRecord(collection: string, facts: TrackFacts): RecordContent {
  return {
    $type: collection,
    title: facts.title,
    artist: facts.artist,
    fileType: facts.fileType,
    createdAt: facts.createdAt.toISOString(),
    audioUrl: facts.audioUrl,
    duration: facts.duration,
    ...(facts.description === null ? {} : { description: facts.description }),
    ...(facts.album === null ? {} : { album: facts.album }),
    ...(facts.blob === null ? {} : { audioBlob: facts.blob }),
  };
}
