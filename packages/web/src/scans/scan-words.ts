import { clockTime } from "../player/clock-time.js";
import type { Match, Scan } from "./scan-answers.js";

/** What stands under one's own track about its scan; null: nothing needs saying. */
export function wordsForScan({ state, reason, decision }: Scan): { text: string; wrong: boolean } | null {
  const why = reason === null ? "" : ` ${reason}`;
  if (decision?.what === "keep") return { text: `Looked at, and kept: ${decision.because}`, wrong: false };
  switch (state) {
    case "pending":
      return { text: `Being compared with works of others.${why}`, wrong: false };
    case "clear":
      return reason === null ? null : { text: `Compared with works of others.${why}`, wrong: false };
    case "flagged":
      return { text: `Flagged.${why} It stays playable until the operator has decided.`, wrong: true };
    case "review":
      return { text: `Somebody will look at it.${why}`, wrong: false };
    case "failed":
      return { text: `It could not be compared with works of others.${why}`, wrong: true };
  }
}

const MOST = 3;

/** Where a work is in the track, for people to listen. */
export function placesOf({ stretches }: Match): string {
  const places = stretches.slice(0, MOST).map(({ at, from, length }) => {
    const here = `${clockTime(at)}–${clockTime(at + length)}`;
    return from === null ? here : `${here} (there at ${clockTime(from)})`;
  });
  const more = stretches.length - places.length;
  return places.join(", ") + (more > 0 ? ` and ${String(more)} more` : "");
}
