import { z } from "zod";
import { isOwnName } from "./own-name.js";
import type { Match } from "./scanner.js";

/** Of one song at one position. Offsets are milliseconds within the position's part of the audio. */
const song = z.object({
  artist: z.string().catch(""),
  title: z.string().catch(""),
  /** Where in the song, as m:ss or h:mm:ss. */
  timecode: z.string().optional().catch(undefined),
  start_offset: z.number().nonnegative().optional().catch(undefined),
  end_offset: z.number().nonnegative().optional().catch(undefined),
});

const success = z.object({
  status: z.literal("success"),
  result: z
    .array(
      z.object({
        /** Where in the audio the position's part begins: seconds, or m:ss or h:mm:ss. */
        offset: z.union([z.string(), z.number().nonnegative()]).optional(),
        songs: z.array(song).nullish(),
      }),
    )
    .nullable(),
});

const failure = z.object({
  status: z.literal("error"),
  error: z.object({ error_code: z.int(), error_message: z.string().catch("") }),
});

/** What `POST` to AuDD's enterprise endpoint with `accurate_offsets` answers. */
export const auddAnswer = z.union([success, failure]);
export type AuddAnswer = z.infer<typeof auddAnswer>;

/** How long a part of the audio is that AuDD looks at by itself; seconds. */
const PART = 12;

/** The songs found, each with all its positions. */
export function matchesOf(answer: z.infer<typeof success>, names: readonly string[]): Match[] {
  const songs = new Map<string, Match>();
  for (const { offset, songs: found } of answer.result ?? []) {
    for (const { artist, title, timecode, start_offset: start, end_offset: end } of found ?? []) {
      const key = JSON.stringify([artist.toLowerCase(), title.toLowerCase()]);
      const known = songs.get(key) ?? {
        ...{ source: "audd" as const, title, artist, id: null, ownName: isOwnName(artist, names) },
        ...{ same: true, stretches: [], errorRate: null },
      };
      const length = start !== undefined && end !== undefined && end > start ? (end - start) / 1_000 : PART;
      const stretch = { at: secondsOf(offset) + (start ?? 0) / 1_000, from: timeOf(timecode), length };
      songs.set(key, { ...known, stretches: [...known.stretches, stretch] });
    }
  }
  return [...songs.values()].sort((left, right) => right.stretches.length - left.stretches.length);
}

function secondsOf(offset: string | number | undefined): number {
  return typeof offset === "number" ? offset : (timeOf(offset) ?? 0);
}

function timeOf(text: string | undefined): number | null {
  if (text === undefined || !/^\d+(:\d{1,2}){0,2}$/.test(text)) return null;
  return text.split(":").reduce((total, part) => total * 60 + Number(part), 0);
}
