import { AtpAgent } from "@atproto/api";
import { collectionsOf, teal } from "@plyr/backend";
import { z } from "zod";
import type { Actor } from "./actor.js";
import type { Parts } from "./parts.js";

const strongRef = z.object({ uri: z.string(), cid: z.string() });
const trackRecord = z.object({
  uri: z.string(),
  cid: z.string(),
  value: z.object({ title: z.string(), audioUrl: z.string(), album: z.string().optional() }),
});
const likeRecord = z.object({ uri: z.string(), value: z.object({ subject: strongRef }) });
const commentRecord = z.object({
  uri: z.string(),
  value: z.object({ subject: strongRef, text: z.string() }),
});

const listRecord = z.object({
  uri: z.string(),
  value: z.object({
    name: z.string(),
    listType: z.string(),
    items: z.array(z.object({ subject: strongRef })),
  }),
});
const heard = z.object({ originUri: z.string(), trackName: z.string() });
const playRecord = z.object({ uri: z.string(), value: heard.extend({ playedTime: z.coerce.date() }) });
const statusRecord = z.object({
  uri: z.string(),
  value: z.object({ expiry: z.coerce.date(), item: heard }),
});

/** What a person's repository holds of ours, read past the gate. */
export interface Repository {
  readonly tracks: readonly (z.infer<typeof trackRecord> & { readonly trackId: number })[];
  readonly likes: readonly z.infer<typeof likeRecord>[];
  readonly comments: readonly z.infer<typeof commentRecord>[];
  readonly lists: readonly z.infer<typeof listRecord>[];
  readonly plays: readonly z.infer<typeof playRecord>[];
  readonly statuses: readonly z.infer<typeof statusRecord>[];
  /** The addresses of all of these, and of what else there is of ours. */
  readonly all: readonly string[];
}

/** By DID. */
export type Repositories = ReadonlyMap<string, Repository>;

export async function readRepositories(
  { pds, namespace }: Pick<Parts, "pds" | "namespace">,
  actors: readonly Actor[],
): Promise<Repositories> {
  const agent = new AtpAgent({ service: pds.listenUrl });
  const collections = collectionsOf(namespace);
  const list = async (repo: string, collection: string): Promise<unknown[]> => {
    const records: unknown[] = [];
    for (let cursor: string | undefined; ;) {
      const { data } = await agent.com.atproto.repo.listRecords({
        ...{ repo, collection, limit: 100 },
        ...(cursor !== undefined && { cursor }),
      });
      records.push(...data.records);
      cursor = data.cursor;
      if (cursor === undefined || data.records.length === 0) return records;
    }
  };
  const read = async ({ did }: Actor): Promise<[string, Repository]> => {
    const tracks = z.array(trackRecord).parse(await list(did, collections.track));
    const read = {
      tracks: tracks.map((track) => ({ ...track, trackId: trackIdIn(track.value.audioUrl) })),
      likes: z.array(likeRecord).parse(await list(did, collections.like)),
      comments: z.array(commentRecord).parse(await list(did, collections.comment)),
      lists: z.array(listRecord).parse(await list(did, collections.list)),
      plays: z.array(playRecord).parse(await list(did, teal.play)),
      statuses: z.array(statusRecord).parse(await list(did, teal.status)),
    };
    const profiles = z.array(z.object({ uri: z.string() })).parse(await list(did, collections.profile));
    const all = [...Object.values(read).flat(), ...profiles].map(({ uri }) => uri);
    return [did, { ...read, all }];
  };
  return new Map(await Promise.all(actors.map(read)));
}

/** The number of the track whose audio is at this address. */
export function trackIdIn(audioUrl: string): number {
  return Number(/\/tracks\/(\d+)\/audio$/.exec(audioUrl)?.[1]);
}

/** The addresses of the tracks that are there, by their ids. */
export function trackUris(repositories: Repositories): ReadonlyMap<number, string> {
  return new Map(
    [...repositories.values()].flatMap(({ tracks }) =>
      tracks.map(({ trackId, uri }) => [trackId, uri] as const),
    ),
  );
}
