import type { Track } from "../api/answers.js";

/** How many people other than the person here like a track: constant while the page is open, unlike the heart. */
export function likesOfOthers(track: Pick<Track, "likeCount" | "like">): number {
  return Math.max(0, track.likeCount - (track.like?.liked === true ? 1 : 0));
}
