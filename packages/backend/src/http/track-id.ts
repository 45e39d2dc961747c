import { z } from "zod";
import { UnknownTrack } from "../likes/unknown-track.js";

const trackId = z
  .string()
  .regex(/^[1-9]\d{0,9}$/)
  .transform(Number)
  .pipe(z.int32());

/**
 * The id in a path.
 *
 * @throws {UnknownTrack} also for what can't be an id: there is no such track either way
 */
export function parseTrackId(text: string): number {
  const parsed = trackId.safeParse(text);
  if (!parsed.success) throw new UnknownTrack(text.slice(0, 80));
  return parsed.data;
}
