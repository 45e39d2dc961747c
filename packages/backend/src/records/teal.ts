import type { RecordContent } from "../database/schema.js";
import type { TealCollections } from "./collections.js";

/** Who submits plays, as teal wants it said: app and version. */
export const CLIENT_AGENT = "plyr/0.1.0";

/** What is said of a track that somebody listens to. */
export interface HeardTrack {
  readonly title: string;
  /** Of the artist. */
  readonly artist: string;
  /** Seconds, whole. */
  readonly duration: number;
  /** The title of its album. */
  readonly album: string | null;
  /** Where it can be heard. */
  readonly url: string;
  /** The service that plays it. */
  readonly serviceUrl: string;
}

/**
 * The content of a play record.
 *
 * @param playedTime when the person began to listen; stored with the wish, so that no retry changes it
 */
export function playRecord({ play }: TealCollections, track: HeardTrack, playedTime: Date): RecordContent {
  return { $type: play, ...said(play, track), playedTime: playedTime.toISOString() };
}

/** The content of a status record. @param expiry until when it holds */
export function statusRecord(
  { status }: TealCollections,
  track: HeardTrack,
  time: Date,
  expiry: Date,
): RecordContent {
  return {
    $type: status,
    time: time.toISOString(),
    expiry: expiry.toISOString(),
    item: { ...said(status, track), playedTime: time.toISOString() },
  };
}

function said(collection: string, track: HeardTrack): RecordContent {
  return {
    trackName: track.title,
    artists: [{ artistName: track.artist }],
    duration: track.duration,
    ...(track.album === null ? {} : { releaseName: track.album }),
    ...places(collection, track),
    submissionClientAgent: CLIENT_AGENT,
  };
}

/** Teal's first namespace, in use until August 2026, had other names for two fields. */
function places(collection: string, { url, serviceUrl }: HeardTrack): RecordContent {
  return collection.split(".").includes("alpha")
    ? { originUrl: url, musicServiceBaseDomain: new URL(serviceUrl).hostname }
    : { originUri: url, musicServiceUri: serviceUrl };
}
