/**
 * How much of a track counts as having heard it, by teal's rule: all of one that is shorter than 2 minutes, else half of
 * it, and 4 minutes at most.
 *
 * @param duration seconds
 * @returns seconds
 */
export function secondsToHear(duration: number): number {
  return duration < 120 ? duration : Math.min(duration / 2, 240);
}

/**
 * For how long a person who starts a track again is still at the same play: as long as the track is, from half a minute
 * to an hour.
 *
 * @param duration seconds
 * @returns seconds
 */
export function secondsOfOnePlay(duration: number): number {
  return Math.min(3_600, Math.max(30, duration));
}

/**
 * Until when a status says what is listened to: the track's end, but no sooner than a minute after its start.
 *
 * @param duration seconds
 */
export function statusExpiry(startedAt: Date, duration: number): Date {
  return new Date(startedAt.getTime() + Math.max(60, duration) * 1_000);
}
