import { AtpAgent } from "@atproto/api";
import { collectionsOf, demandValid } from "@plyr/backend";
import { z } from "zod";
import type { Account, NewAccount } from "../pds/accounts.js";
import type { Pds } from "../pds/pds.js";
import { type Song, songs } from "./songs.js";
import { synthesise } from "./synthesise.js";

/** A track as the service's index takes it up: the artist, the track, and the record on the artist's PDS. */
export interface ReleasedTrack {
  artist: { did: string; handle: string; displayName: string };
  track: { title: string; fileType: string; duration: number; audioUrl: string };
  record: { collection: string; rkey: string; content: RecordJson; cid: string };
}

export type RecordJson = z.infer<typeof recordJson>;

export interface SeedOptions {
  pds: Pick<Pds, "url" | "listenUrl" | "createAccount">;
  /** Of our collections: `fm.plyr.dev`. */
  namespace: string;
  /** Brings a track into the service's database; doing so twice must change nothing. */
  adopt: (track: ReleasedTrack) => Promise<unknown>;
}

export interface SeededWorld {
  artist: Account;
  listener: Account;
  tracks: readonly ReleasedTrack[];
}

/** Open to all who can reach this machine's loopback, as the whole demo world is. */
export const artist = { handle: "mira.test", password: "plays-it-again", displayName: "Mira Quill" } as const;
export const listener = { handle: "lio.test", password: "listens-along" } as const;

const recordJson = z.record(z.string(), z.json());
const trackContent = recordJson.and(z.object({ audioUrl: z.url(), duration: z.int() }));
const blob = z.object({ ref: z.object({ $link: z.string() }) });
const FILE_TYPE = "wav";

/**
 * Gives the world an artist with a few audible tracks on their own PDS, and a listener. What is there already
 * stays as it is, so it may run at every start.
 *
 * @throws when the PDS refuses, for instance because these handles belong to accounts with other passwords
 */
export async function seedWorld({ pds, namespace, adopt }: SeedOptions): Promise<SeededWorld> {
  const { displayName } = artist;
  const { agent, account } = await enter(pds, artist);
  const { account: listening } = await enter(pds, listener);
  const tracks: ReleasedTrack[] = [];
  for (const song of songs) {
    const studio: Studio = { pds, agent, did: account.did, collection: collectionsOf(namespace).track };
    const { content, cid } = (await released(studio, song)) ?? (await release(studio, song));
    demandValid(studio.collection, content);
    const { audioUrl, duration } = trackContent.parse(content);
    const track: ReleasedTrack = {
      artist: { did: account.did, handle: account.handle, displayName },
      track: { title: song.title, fileType: FILE_TYPE, duration, audioUrl },
      record: { collection: studio.collection, rkey: song.rkey, content, cid },
    };
    await adopt(track);
    tracks.push(track);
  }
  return { artist: account, listener: listening, tracks };
}

interface Studio {
  pds: SeedOptions["pds"];
  agent: AtpAgent;
  did: string;
  collection: string;
}

interface StoredRecord {
  content: RecordJson;
  cid: string;
}

/** Signs in with the password, creating the account the first time. */
async function enter(pds: SeedOptions["pds"], { handle, password }: NewAccount) {
  const agent = new AtpAgent({ service: pds.listenUrl });
  const resolved = await agent.com.atproto.identity.resolveHandle({ handle }).catch(() => undefined);
  const account = resolved
    ? { did: resolved.data.did, handle, password }
    : await pds.createAccount({ handle, password });
  await agent.login({ identifier: handle, password });
  return { agent, account };
}

async function released(
  { agent, did, collection }: Studio,
  { rkey }: Song,
): Promise<StoredRecord | undefined> {
  const { data } = await agent.com.atproto.repo.listRecords({ repo: did, collection, limit: 100 });
  const found = data.records.find(({ uri }) => uri.endsWith(`/${rkey}`));
  return found && { content: asJson(found.value), cid: found.cid };
}

async function release({ pds, agent, did, collection }: Studio, song: Song): Promise<StoredRecord> {
  const sound = synthesise(song.score);
  const { data: upload } = await agent.com.atproto.repo.uploadBlob(sound.wav, { encoding: "audio/wav" });
  const audioUrl = new URL("/xrpc/com.atproto.sync.getBlob", pds.url);
  audioUrl.search = new URLSearchParams({ did, cid: blob.parse(asJson(upload.blob)).ref.$link }).toString();
  const record = {
    $type: collection,
    title: song.title,
    artist: artist.displayName,
    fileType: FILE_TYPE,
    createdAt: song.createdAt,
    audioUrl: audioUrl.href,
    duration: sound.duration,
    // Without a record that refers to it, the PDS would throw the audio away.
    audioBlob: upload.blob,
  };
  const { data } = await agent.com.atproto.repo.putRecord({ repo: did, collection, rkey: song.rkey, record });
  return { content: asJson(record), cid: data.cid };
}

/** A record as JSON, in which references and blobs are plain objects. */
function asJson(record: unknown): RecordJson {
  return recordJson.parse(JSON.parse(JSON.stringify(record)));
}
