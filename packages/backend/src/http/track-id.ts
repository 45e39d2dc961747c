import { z } from "zod";
import { Problem } from "./problem.js";

const trackId = z
  .string()
  .regex(/^[1-9]\d{0,9}$/)
  .transform(Number)
  .pipe(z.int32());

/**
 * The id in a path.
 *
 * @throws {Problem} 404 for what can't be an id: there is no such track either way
 */
export function parseTrackId(text: string): number {
  const parsed = trackId.safeParse(text);
  if (!parsed.success)
    throw new Problem(404, "unknown_track", `There is no track ${JSON.stringify(text.slice(0, 80))}`);
  return parsed.data;
}
