import { AtpAgent } from "@atproto/api";
import { until } from "@plyr/dev";
import { expect } from "vitest";
import { z } from "zod";
import { demandValid } from "../../src/records/valid-content.js";
import { makeAudio } from "../tracks/audio.js";
import { collections, setStage as setTracksStage, type Person, type Stage } from "../tracks/stage.js";

const write = z.object({ state: z.string(), uri: z.string(), reason: z.string().nullable() });
const album = z.object({
  id: z.number(),
  title: z.string(),
  slug: z.string(),
  description: z.string().nullable(),
  uri: z.string(),
  trackCount: z.number(),
  removed: z.boolean(),
  write: write.nullable(),
  tracks: z.array(z.object({ id: z.number(), title: z.string(), onPds: z.boolean() })),
});
export type Album = z.infer<typeof album>;

const listRecord = z.object({
  uri: z.string(),
  cid: z.string(),
  value: z.looseObject({
    name: z.string(),
    listType: z.string(),
    items: z.array(z.object({ subject: z.object({ uri: z.string(), cid: z.string() }) })),
    createdAt: z.string(),
    updatedAt: z.string().optional(),
  }),
});
export type ListOnPds = z.infer<typeof listRecord>;

export interface PublishedTrack {
  readonly id: number;
  readonly uri: string;
}

/** The stage of tracks, and what a person does with lists there. */
export interface ListsStage extends Stage {
  /** A track of the artist's that is on their PDS. */
  publish(title: string, albumId?: number): Promise<PublishedTrack>;
  newAlbum(title: string): Promise<Album>;
  /** As the artist sees it. */
  album(id: number): Promise<Album>;
  /** As the artist. @returns the status of the answer */
  ask(method: string, path: string, body?: unknown): Promise<number>;
  /** All list records of a person, read past the gate. */
  listsOnPds(person: Person): Promise<ListOnPds[]>;
  /** Resolves when the record at this address holds these tracks, in this order, each as it is on the PDS now. */
  holds(person: Person, uri: string, tracks: readonly PublishedTrack[]): Promise<ListOnPds>;
}

export async function setListsStage(env: Record<string, string> = {}): Promise<ListsStage> {
  const stage = await setTracksStage("folder", env);
  const tone = await makeAudio("mp3", 1);
  const past = new AtpAgent({ service: stage.pds.listenUrl });
  const { artist } = stage;

  const listsOnPds: ListsStage["listsOnPds"] = async ({ account }) => {
    const { data } = await past.com.atproto.repo.listRecords({
      repo: account.did,
      collection: collections.list,
      limit: 100,
    });
    const records = z.array(listRecord).parse(JSON.parse(JSON.stringify(data.records)));
    for (const { value } of records)
      demandValid(collections.list, z.record(z.string(), z.json()).parse(value));
    return records;
  };
  const readAlbum = async (path: string): Promise<Album> => {
    const answer = await artist.browser.get(path);
    return z.object({ album }).parse(answer.json()).album;
  };
  return {
    ...stage,
    listsOnPds,
    async publish(title, albumId) {
      const form = new FormData();
      form.set("title", title);
      if (albumId !== undefined) form.set("album_id", String(albumId));
      form.set("file", new Blob([tone]), "tone.mp3");
      const answer = await stage.send(artist, form);
      expect(answer.status).toBe(202);
      const { upload, track } = z
        .object({ upload: z.object({ id: z.string() }), track: z.object({ id: z.number() }) })
        .parse(await answer.json());
      const done = await stage.reaches(artist, upload.id, "done");
      return { id: track.id, uri: done.write?.uri ?? "" };
    },
    async newAlbum(title) {
      const answer = await artist.browser.post("/albums/", { body: { title } });
      expect(answer.status).toBe(201);
      return z.object({ album }).parse(answer.json()).album;
    },
    album: (id) => readAlbum(`/albums/${String(id)}`),
    async ask(method, path, body) {
      const answer = await artist.browser.send(method, path, body === undefined ? {} : { body });
      return answer.status;
    },
    holds: (person, uri, tracks) =>
      until(
        `${uri} holds ${tracks.map((track) => String(track.id)).join()}`,
        async () => {
          const record = (await listsOnPds(person)).find((list) => list.uri === uri);
          const onPds = await stage.tracksOnPds();
          const wanted = tracks.map((track) => onPds.find((other) => other.uri === track.uri));
          const held = record?.value.items.map(({ subject }) => subject) ?? [];
          return (
            record !== undefined &&
            held.length === wanted.length &&
            held.every(({ uri: of, cid }, index) => of === wanted[index]?.uri && cid === wanted[index].cid) &&
            record
          );
        },
        { within: 20_000 },
      ),
  };
}
