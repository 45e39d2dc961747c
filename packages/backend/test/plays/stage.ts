import { AtpAgent } from "@atproto/api";
import { until, type Visitor } from "@plyr/dev";
import { expect } from "vitest";
import { z } from "zod";
import type { TealCollections } from "../../src/records/collections.js";
import { demandValid } from "../../src/records/valid-content.js";
import { makeAudio } from "../tracks/audio.js";
import { setStage as setTracksStage, type Person, type Stage } from "../tracks/stage.js";

const write = z.object({ state: z.string(), uri: z.string(), reason: z.string().nullable() });
const started = z.object({ play: z.object({ id: z.string(), counted: z.boolean() }), plays: z.number() });
const preferences = z.object({ scrobble: z.boolean(), permitted: z.boolean() });
const scrobbles = z.object({
  scrobbles: z.array(z.object({ trackName: z.string(), artist: z.string(), playedTime: z.string(), write })),
});
const record = z.object({ uri: z.string(), value: z.record(z.string(), z.json()) });
export type RecordOnPds = z.infer<typeof record>;

/** The stage of tracks, and people who listen there. */
export interface PlaysStage extends Stage {
  /** A track of a second, on the artist's PDS. */
  publish(title: string): Promise<number>;
  start(browser: Visitor, trackId: number): Promise<z.infer<typeof started>>;
  /** @returns the status of the answer, and what becomes of the scrobble */
  heard(browser: Visitor, playId: string): Promise<{ status: number; scrobble: string | null }>;
  preferences(person: Person): Promise<z.infer<typeof preferences>>;
  setScrobble(person: Person, scrobble: boolean): Promise<z.infer<typeof preferences>>;
  scrobbles(person: Person): Promise<z.infer<typeof scrobbles>["scrobbles"]>;
  /** Wants scrobbles, and signs in again to permit them. */
  optIn(person: Person): Promise<void>;
  /** What a person's PDS holds in a collection, each valid, read past the gate. */
  recordsOf(person: Person, collection: string): Promise<RecordOnPds[]>;
  /** Resolves when so many plays are on the PDS. */
  played(person: Person, teal: TealCollections, count: number): Promise<RecordOnPds[]>;
  /** Lets a play have begun earlier. */
  setBack(playId: string, seconds: number): Promise<void>;
}

export async function setPlaysStage(env: Record<string, string> = {}): Promise<PlaysStage> {
  const stage = await setTracksStage("folder", env);
  const tone = await makeAudio("mp3", 1);
  const past = new AtpAgent({ service: stage.pds.listenUrl });

  const recordsOf: PlaysStage["recordsOf"] = async ({ account }, collection) => {
    const { data } = await past.com.atproto.repo.listRecords({ repo: account.did, collection, limit: 100 });
    const records = z.array(record).parse(JSON.parse(JSON.stringify(data.records)));
    for (const { value } of records) demandValid(collection, value);
    return records;
  };
  const setScrobble: PlaysStage["setScrobble"] = async ({ browser }, scrobble) => {
    const answer = await browser.send("PATCH", "/me/preferences", { body: { scrobble } });
    return preferences.parse(answer.json());
  };
  return {
    ...stage,
    async publish(title) {
      const { uploadId, trackId } = await stage.upload(stage.artist, tone, { title });
      await stage.reaches(stage.artist, uploadId, "done");
      return trackId;
    },
    async start(browser, trackId) {
      return started.parse((await browser.post(`/tracks/${String(trackId)}/play`)).json());
    },
    async heard(browser, playId) {
      const answer = await browser.post(`/plays/${playId}/heard`);
      const body = z.object({ scrobble: write.nullable() }).safeParse(answer.json());
      return { status: answer.status, scrobble: body.data?.scrobble?.uri ?? null };
    },
    preferences: async ({ browser }) => preferences.parse((await browser.get("/me/preferences")).json()),
    setScrobble,
    scrobbles: async ({ browser }) => scrobbles.parse((await browser.get("/me/scrobbles")).json()).scrobbles,
    async optIn(person) {
      await setScrobble(person, true);
      await person.browser.signIn(person.account);
      expect(preferences.parse((await person.browser.get("/me/preferences")).json())).toEqual({
        scrobble: true,
        permitted: true,
      });
    },
    recordsOf,
    played: (person, teal, count) =>
      until(
        `${String(count)} plays are on the PDS`,
        async () => {
          const records = await recordsOf(person, teal.play);
          return records.length === count && records;
        },
        { within: 20_000 },
      ),
    async setBack(playId, seconds) {
      const { started_at } = await stage.db
        .selectFrom("plays")
        .select("started_at")
        .where("id", "=", playId)
        .executeTakeFirstOrThrow();
      const earlier = new Date(started_at.getTime() - seconds * 1_000);
      await stage.db.updateTable("plays").set({ started_at: earlier }).where("id", "=", playId).execute();
    },
  };
}
