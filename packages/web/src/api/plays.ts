import * as z from "zod/mini";
import { Write } from "./answers.js";

const Started = z.object({
  play: z.object({ id: z.string(), counted: z.boolean() }),
  plays: z.int().check(z.nonnegative()),
});
const Heard = z.object({ heard: z.literal(true) });

const Preferences = z.object({
  scrobble: z.boolean(),
  /** The person's PDS lets plyr write scrobbles. */
  permitted: z.boolean(),
});
export type Preferences = z.infer<typeof Preferences>;

const Scrobble = z.object({
  trackName: z.string(),
  artist: z.string(),
  playedTime: z.iso.datetime({ offset: true }),
  write: Write,
});
export type Scrobble = z.infer<typeof Scrobble>;
const Scrobbles = z.object({ scrobbles: z.array(Scrobble) });

/** Listening, as this page tells the service of it. Every method rejects with a `ServiceFailure`. */
export interface PlaysService {
  /** @returns the play's id */
  start(trackId: number): Promise<string>;
  /** Enough of it has been heard to count as heard. */
  heard(playId: string): Promise<void>;
  preferences(signal: AbortSignal): Promise<Preferences>;
  setScrobble(scrobble: boolean): Promise<Preferences>;
  /** The newest first. */
  scrobbles(signal: AbortSignal): Promise<Scrobble[]>;
}

/** @param question asks the service, and reads its answer */
export function playsService(
  question: <Answer>(answer: z.ZodMiniType<Answer>, path: string, init?: RequestInit) => Promise<Answer>,
): PlaysService {
  return {
    async start(trackId) {
      const { play } = await question(Started, `/tracks/${String(trackId)}/play`, { method: "POST" });
      return play.id;
    },
    async heard(playId) {
      await question(Heard, `/plays/${playId}/heard`, { method: "POST" });
    },
    preferences: (signal) => question(Preferences, "/me/preferences", { signal }),
    setScrobble: (scrobble) =>
      question(Preferences, "/me/preferences", { method: "PATCH", body: JSON.stringify({ scrobble }) }),
    scrobbles: async (signal) => (await question(Scrobbles, "/me/scrobbles", { signal })).scrobbles,
  };
}
