import type { Match } from "./scanner.js";

/** The part of all matched positions that one song must have. */
const DOMINANT = 0.3;
/** Or: this many songs at this many positions each. */
const SONGS = 3;
const POSITIONS = 3;

/**
 * AuDD's matches come without scores, so how often a song is matched decides: flagged when one song has 30 % of all
 * positions, or three songs have three each. Songs by the uploader's own name don't count towards it, but a person looks.
 */
export function judge(matches: readonly Match[]): {
  state: "clear" | "flagged" | "review";
  reason: string | null;
} {
  const positions = (match: Match) => match.stretches.length;
  const total = matches.reduce((sum, match) => sum + positions(match), 0);
  const others = matches.filter(({ ownName }) => !ownName);
  const dominant = others.find((match) => positions(match) >= DOMINANT * total);
  if (dominant !== undefined) {
    const percent = Math.round((100 * positions(dominant)) / total);
    return {
      state: "flagged",
      reason: `“${dominant.title}” by ${dominant.artist} is ${String(percent)} % of what AuDD found in it.`,
    };
  }
  const repeated = others.filter((match) => positions(match) >= POSITIONS);
  if (repeated.length >= SONGS) {
    return {
      state: "flagged",
      reason: `AuDD found ${String(repeated.length)} songs in it, each several times.`,
    };
  }
  const own = matches.find(({ ownName }) => ownName);
  return own === undefined
    ? { state: "clear", reason: null }
    : {
        state: "review",
        reason: `“${own.title}” by ${own.artist} is in it, which may be the uploader's own.`,
      };
}
